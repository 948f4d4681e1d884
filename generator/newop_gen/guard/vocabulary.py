"""The form of the fixed words: what the code of one step may hold whatever the spec says.

The words themselves belong to the layouts (`layouts/*/words.py`), since they are a release's: each layout writes down
what its inserted code may say, and derives nothing of it. A template that comes to say something else has to be let in
by a change of that list, which a reviewer sees. What a spec brings along is in `allowed.py`.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

Number = tuple[type, float]


def number(value: float) -> Number:
    """A number as a member of a set: `2` and `2.0` are not the same, nor are `True` and `1`."""
    return type(value), value


def words(*texts: str) -> frozenset[str]:
    """The words of texts that are separated by spaces."""
    return frozenset(word for text in texts for word in text.split())


def numbers(*values: float) -> frozenset[Number]:
    return frozenset(map(number, values))


@dataclass(frozen=True)
class Vocabulary:
    """The words of one step that every op has: what its code may hold whatever the spec says.

    `globals` may be read, `locals` may be read and bound; further locals are called after `heads`. `calls` and
    `targets` (of assignments) are dotted names: in `calls`, `*.values` is that method of anything that is allowed
    itself; in `targets`, `x[]` is an item of `x`. `definitions` are functions. `exact` are calls and attributes that
    stand only as written there. `messages` are calls whose strings are for humans. With `data`, what is assigned to a
    module constant may hold any string and number; with `sizes`, any whole number may stand anywhere, as what a test
    asks for follows from the columns' expressions; with `wired`, dotted names of the spec's wiring expressions may be
    read; with `copies`, code may take over what stands in the file: a model's own scale, condition and arguments.

    `files` are paths of new files, where `*` stands for any directories above (`*/sdk/operations/{op}.py`), and `lines`
    are all that a file without a grammar of its own may be given.

    Every word may have names of the op's in it, in braces: `patterns.names_of` says which.
    """

    nodes: frozenset[str] = frozenset()
    globals: frozenset[str] = frozenset()
    locals: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()
    strings: frozenset[str] = frozenset()
    numbers: frozenset[Number] = frozenset()
    targets: frozenset[str] = frozenset()
    definitions: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    data: bool = False
    sizes: bool = False
    wired: bool = False
    copies: bool = False

    def places(self, path: str) -> bool:
        """Whether a new file may have this path."""
        return any(
            re.fullmatch(re.escape(file).replace(r"\*", ".*"), f"/{path}" if file.startswith("*") else path)
            for file in self.files
        )

    def __or__(self, other: Vocabulary) -> Vocabulary:
        """The words of both."""
        return Vocabulary(**{one.name: getattr(self, one.name) | getattr(other, one.name) for one in fields(self)})


def merged(*tables: Mapping[str, Vocabulary]) -> dict[str, Vocabulary]:
    """By step, the words of all tables."""
    return {
        step: union(table[step] for table in tables if step in table)
        for step in dict.fromkeys(s for t in tables for s in t)
    }


def union(several: Iterable[Vocabulary]) -> Vocabulary:
    """The words of all of them."""
    return functools.reduce(operator.or_, several, Vocabulary())
