"""Python code from resolved expressions and formulas, in the idiom of the target.

What the language leaves open (how a param, a peak, a mode is written) is a `PythonDialect`. Rendered code is laid out
as `ruff format` would leave it, so that it can be put into a checkout as it is.
"""

from __future__ import annotations

from .python_expr import PythonDialect, render_expr
from .python_lines import render_assignment, render_formula

__all__ = ["PythonDialect", "render_assignment", "render_expr", "render_formula"]
