"""What an edit may take over from the checkout: words that stand there, whole expressions that stand there."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from typing import Protocol


class Copied(Protocol):
    """What stands in the file already, and may stand there once more."""

    def word(self, text: str) -> bool: ...

    def string(self, text: str) -> bool: ...

    def whole(self, node: ast.expr) -> bool: ...


class NothingCopied:
    """For steps that copy nothing."""

    def word(self, text: str) -> bool:
        return False

    string = word

    def whole(self, node: ast.expr) -> bool:
        return False


@dataclass(frozen=True)
class FromFile:
    """The text of a model file. Asked only for what the spec does not have itself, which is little.

    A word or a string may stand anywhere in the file: the scale of the op next to it, a list that it is appended to, a
    parameter of the method. A call, or anything else that the step's own words don't cover, has to be one of the
    file's own expressions as a whole.
    """

    text: str

    def word(self, text: str) -> bool:
        """Whether a name, an attribute or a number stands in the file."""
        return re.search(rf"(?<![A-Za-z0-9_]){re.escape(text)}(?![A-Za-z0-9_])", self.text) is not None

    def string(self, text: str) -> bool:
        """Whether a string literal of that content stands in the file."""
        return f'"{text}"' in self.text or f"'{text}'" in self.text

    def whole(self, node: ast.expr) -> bool:
        """Whether the very expression stands in the file."""
        return ast.dump(node) in self._expressions

    @functools.cached_property
    def _expressions(self) -> frozenset[str]:
        return frozenset(ast.dump(node) for node in ast.walk(ast.parse(self.text)) if isinstance(node, ast.expr))
