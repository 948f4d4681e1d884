"""From objects to text: the Jinja environment of a layout, and the text helpers that templates use."""

from .environment import environment, fragment

__all__ = ["environment", "fragment"]
