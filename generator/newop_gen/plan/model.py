"""What a plan is made of: edits, the steps that group them, and the file changes that they add up to."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Union


@dataclass(frozen=True)
class Insertion:
    """Bytes put into a file at an offset of its original bytes.

    `text` has the file's own newlines already. `stacks`: at one offset, a later planned insertion goes first.
    `sort`: at one offset, insertions with a sort key stand in its order (names that go into a sorted list).
    `once`: several ops may need the very same insertion (a comma that was missing); it is made once.
    `done`: the text stands there already, nothing is to be written (offset is where it stands).
    """

    path: str
    offset: int
    text: bytes
    stacks: bool = False
    done: bool = False
    sort: str = ""
    once: bool = False


@dataclass(frozen=True)
class Replacement:
    """Bytes `start:end` of a file give way to `text`. Only for a wiring that replaces an op."""

    path: str
    start: int
    end: int
    text: bytes
    old: bytes
    done: bool = False


@dataclass(frozen=True)
class Creation:
    """A new file. `data` marks a perf table (its diff is shown shortened)."""

    path: str
    content: bytes
    mode: int = 0o644
    data: bool = False
    done: bool = False


Edit = Union[Insertion, Replacement, Creation]


@dataclass(frozen=True)
class Skip:
    """Something the spec calls optional and this tree does not have, or a place that this tree does not need."""

    what: str
    why: str


class StepKey(str, enum.Enum):
    """What a step is about, in the order of the guide. Wherever a text is wanted (receipts, JSON, messages) it is its
    value, which is stable."""

    ENUM = "enum"
    LOADER = "loader"
    REGISTRATION = "registration"
    PRE_INTERPOLATION = "pre-interpolation"
    QUERY = "query"
    SUPPORT_MATRIX = "support-matrix"
    OPERATIONS = "operations"
    WIRING = "wiring"
    TEST = "test"
    DATA = "data"
    # Where ops are compiled: what is asked of Rust in the places of loader, registration and query.
    OPERATOR = "operator"
    TABLE = "table"
    VIEW = "view"
    CLASS = "class"

    __str__ = str.__str__
    __format__ = str.__format__  # type: ignore[assignment]


@dataclass(frozen=True)
class Step:
    """One labelled group of edits for one op, in the order of the guide.

    `key` is a `StepKey` or its value; `title` is for humans; `notes` are things a reviewer must know before it is
    written (the mixed-step approximation of T6, for instance).
    """

    op: str
    key: str
    title: str
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()

    @property
    def done(self) -> bool:
        return all(e.done for e in self.edits)


class Span(NamedTuple):
    """A range of bytes of a changed file that an edit put there: `label` is "op:step-key", `old` what it replaced."""

    start: int
    end: int
    label: str
    old: bytes


@dataclass(frozen=True)
class Target:
    """A file from one state to another: `before` is None for a new file, `after` for one that goes.

    `mode` is the permission of a new file; a file that exists keeps its own. `data` marks a perf table.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int = 0o644
    data: bool = False


@dataclass(frozen=True)
class FileChange(Target):
    """A target as a plan has it, which never goes.

    `spans` are the inserted byte ranges of `after`, with the step that caused each; taking them out of `after` (and
    putting `old` back for replacements) gives `before` exactly.
    """

    after: bytes
    spans: tuple[Span, ...] = ()

    @property
    def before_digest(self) -> str | None:
        return None if self.before is None else hashlib.sha256(self.before).hexdigest()
