"""The Jinja environment. A layout's own templates come before the shared ones, so `{% include %}` finds its idiom.

Templates see objects and text helpers, never a spec's free text as code: `StrictUndefined` refuses a missing name, and
free text reaches a template only through `docstring` and `literal`.
"""

from __future__ import annotations

import functools
import textwrap
from typing import TYPE_CHECKING, Any

from ..resources import templates_dir

if TYPE_CHECKING:
    from jinja2 import Environment

WIDTH = 120


@functools.lru_cache(maxsize=None)
def environment(layout: str) -> Environment:
    """The environment of a layout: `templates/<layout>/`, then `templates/shared/`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    root = templates_dir()
    env = Environment(
        loader=FileSystemLoader([root / layout, root / "shared"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.filters.update(literal=literal, docstring=docstring, items=items, at=shift)
    return env


def fragment(layout: str, template: str, **view: Any) -> str:
    """A template rendered for a layout: text with "\\n" newlines that ends with one."""
    text = environment(layout).get_template(template).render(**view)
    return text.rstrip("\n") + "\n"


def literal(value: object) -> str:
    """A Python literal that reads back equal: strings in double quotes, as ruff writes them."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple) and len(value) == 1:
        return f"({literal(value[0])},)"
    if isinstance(value, tuple):
        return "(" + ", ".join(literal(v) for v in value) + ")"
    return repr(value)


def docstring(text: str, indent: int, hanging: int = 4) -> str:
    """Free text wrapped to the line width, to stand in a docstring at `indent`; safe against ending the string."""
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip()
    if safe.endswith('"'):
        safe += " "
    lines = textwrap.wrap(safe, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    pad = " " * (indent + hanging)
    rest = textwrap.wrap(" ".join(lines[1:]), WIDTH - indent - hanging, break_long_words=False, break_on_hyphens=False)
    return "\n".join([lines[0], *(pad + line for line in rest)])


def items(values: list[str], indent: int, prefix: str, suffix: str) -> str:
    """`prefix` + comma list + `suffix` as ruff formats it: on one line when it fits, else one item a line.

    `prefix` ends with the opening bracket and stands at `indent` columns; `suffix` starts with the closing one.
    """
    flat = prefix + ", ".join(values) + suffix
    if indent + len(flat) <= WIDTH:
        return flat
    pad = " " * (indent + 4)
    return prefix + "\n" + "".join(f"{pad}{v},\n" for v in values) + " " * indent + suffix


def shift(text: str, columns: int) -> str:
    """Every non-empty line moved right."""
    pad = " " * columns
    return "\n".join(pad + line if line else line for line in text.split("\n"))
