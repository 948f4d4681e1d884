"""The Jinja environment. A layout's own templates come before the shared ones, so `{% include %}` finds its idiom.

Templates see objects and text helpers, never a spec's free text as code: `StrictUndefined` refuses a missing name, and
free text reaches a template only through `docstring` and `literal`.
"""

from __future__ import annotations

import functools
import textwrap
from typing import TYPE_CHECKING, Any

from ..resources import templates_dir
from .code import WIDTH, call, message, raised, statement
from .python import literal

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.cache
def environment(layout: str | tuple[str, ...]) -> Environment:
    """The environment of a layout: `templates/<layout>/`, then `templates/shared/`. Several names go first to last."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from .compiled import Beside

    root = templates_dir()
    names = (layout,) if isinstance(layout, str) else layout
    env = Environment(
        loader=FileSystemLoader([*(root / name for name in names), root / "shared"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        bytecode_cache=Beside(),
        auto_reload=False,  # a run has the templates that it began with
    )
    env.filters.update(literal=literal, docstring=docstring)
    env.globals.update(call=call, message=message, raised=raised, statement=statement)
    return env


def fragment(layout: str | tuple[str, ...], template: str, **view: Any) -> str:
    """A template rendered for a layout: text with "\\n" newlines that ends with one."""
    text = environment(layout).get_template(template).render(**view)
    return text.rstrip("\n") + "\n"


def docstring(text: str, indent: int, hanging: int = 4) -> str:
    """Free text wrapped to the line width, to stand in a docstring at `indent`; safe against ending the string."""
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip()
    if safe.endswith('"'):
        safe += " "
    lines = textwrap.wrap(safe, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    pad = " " * (indent + hanging)
    rest = textwrap.wrap(" ".join(lines[1:]), WIDTH - indent - hanging, break_long_words=False, break_on_hyphens=False)
    return "\n".join([lines[0], *(pad + line for line in rest)])
