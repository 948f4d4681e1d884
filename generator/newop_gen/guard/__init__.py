"""Is what would be written what the spec can mean? Asked of every plan, after rendering and before anything is shown.

What was rendered is read again with Python's own parser and held against a list of what may be in it: fixed words of
each step, which a layout writes down (their form is in `vocabulary`), and the names, numbers and strings of the spec
(`allowed`). Nothing here knows a template, a renderer or an edit site. A template that lets a text of a spec through as
code becomes a refusal by that, before the code is in anybody's checkout.
"""

from .check import check

__all__ = ["check"]
