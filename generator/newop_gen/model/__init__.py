"""The op that a spec describes: every decision made, nothing of any release in it."""

from .op import Op, Query, Table

__all__ = ["Op", "Query", "Table"]
