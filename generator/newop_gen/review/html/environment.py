"""The Jinja environment of the page: everything is escaped, and nothing that is shown can hide from the reader."""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import TYPE_CHECKING, Any

from ...resources import templates_dir
from ...text import counted, printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@functools.cache
def environment() -> Environment:
    """Templates of `templates/review/`, with autoescape on whatever a template's name ends in."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        # Control, bidi and zero-width characters come out as escapes, as they do on the terminal.
        return printable(value, keep="\n\t") if isinstance(value, str) and not isinstance(value, Markup) else value

    env = Environment(
        loader=FileSystemLoader(templates_dir() / "review"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
        finalize=finalize,
    )
    env.filters.update(counted=counted, ticks=ticks)
    return env


def ticks(text: str) -> Markup:
    """Escaped text in which `code` between backticks is marked up as such."""
    from markupsafe import Markup, escape

    pieces = printable(text, keep="\n\t").split("`")
    if len(pieces) % 2 == 0:  # a backtick without its like
        return escape(printable(text, keep="\n\t"))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece for number, piece in enumerate(pieces)
    )


@functools.cache
def style() -> tuple[str, str]:
    """The page's style sheet, and what a Content-Security-Policy calls it: "sha256-..."."""
    text = (templates_dir() / "review" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return text, f"sha256-{digest}"
