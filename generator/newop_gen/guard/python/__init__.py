"""Inserted Python, read with Python's own parser."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...plan import Creation, Replacement
from ..found import Found
from .copied import Copied, FromFile, NothingCopied
from .fragments import Unreadable, check_comments, decoded, expression, parsed
from .walk import Walk

if TYPE_CHECKING:
    from ...checkout.source import Source
    from ...plan import Edit
    from ..allowed import Allowed
    from ..vocabulary import Vocabulary


def findings(edit: Edit, source: Source | None, words: Vocabulary, allowed: Allowed) -> Iterator[Found]:
    """What in the edit nothing allows: comments that a tool acts on, and nodes that are not listed."""
    data = edit.content if isinstance(edit, Creation) else edit.text
    encoding = "utf-8" if source is None else source.encoding
    try:
        text = decoded(data, encoding)
        check_comments(text)
        nodes = _nodes(edit, text)
    except Unreadable as why:
        yield Found(0, str(why))
        return
    copied: Copied = NothingCopied()
    if source is not None and words.copies:
        copied = FromFile(source.data.decode(encoding, "replace").replace("\r\n", "\n"))
    yield from Walk(words, allowed, copied).over(nodes)


def _nodes(edit: Edit, text: str) -> list[ast.AST]:
    if isinstance(edit, Creation):
        return parsed(text, whole_file=True)
    if isinstance(edit, Replacement):
        try:
            return expression(text)
        except Unreadable:
            return parsed(text)
    return parsed(text)
