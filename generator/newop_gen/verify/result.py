"""What a verification found: one result per check, and the cause that is behind the failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..spec.model import PhaseName

Status = Literal["passed", "failed", "skipped"]
KEPT = 4  # failures that are told in full


@dataclass(frozen=True)
class Cause:
    """A probable cause: a stable `code`, and words that say what to look at."""

    code: str
    words: str


@dataclass(frozen=True)
class Failure:
    """One assertion that does not hold, in words: at which point, what was expected, what was found."""

    where: str
    expected: str
    found: str


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    `asserts` says what was asserted, `points` over how many, `worst` the largest relative deviation of all of them
    (None where nothing is measured), `tolerance` the allowed one. `note` says why a check was skipped, or what a
    reader should know about a passed one.
    """

    check: str
    asserts: str
    status: Status
    points: int = 0
    worst: float | None = None
    tolerance: float | None = None
    failures: tuple[Failure, ...] = ()
    failed: int = 0
    cause: Cause | None = None
    note: str = ""


@dataclass
class Tally:
    """Counts assertions of one check."""

    check: str
    asserts: str
    tolerance: float | None = None
    points: int = 0
    worst: float | None = None
    failures: list[Failure] = field(default_factory=list)
    failed: int = 0
    cause: Cause | None = None
    note: str = ""
    unproven: bool = False  # the heart of what is asserted had nothing to be asserted on

    def deviation(self, amount: float) -> None:
        self.worst = amount if self.worst is None else max(self.worst, amount)

    def fail(self, where: str, expected: str, found: str) -> None:
        self.failed += 1
        if len(self.failures) < KEPT:
            self.failures.append(Failure(where, expected, found))

    def holds(self, holds: bool, where: str, expected: str, found: str) -> bool:
        """Counts one assertion."""
        self.points += 1
        if not holds:
            self.fail(where, expected, found)
        return holds

    def blame(self, cause: Cause | None) -> None:
        """Names the cause; the first one that is named stays."""
        if self.cause is None:
            self.cause = cause

    def result(self) -> CheckResult:
        status: Status = "failed" if self.failed else "passed" if self.points and not self.unproven else "skipped"
        note = self.note or ("nothing to assert for this op" if status == "skipped" else "")
        cause = (self.cause or UNEXPLAINED) if self.failed else None
        return CheckResult(
            self.check, self.asserts, status, self.points, self.worst, self.tolerance,
            tuple(self.failures), self.failed, cause, note,
        )  # fmt: skip


UNEXPLAINED = Cause("unexplained", "no known mistake explains these numbers; compare the failures with the spec")


@dataclass(frozen=True)
class Reach:
    """What the op asks for in one phase of one model on `tp` GPUs, and whether one set of tables has it.

    `asked` are its exact keys as texts; `missing` says which of them was not collected, "" where all were. `places`
    are the system/backend pairs that the spec gives the tables to.
    """

    table: str
    places: tuple[str, ...]
    model: str
    tp: int
    phase: PhaseName
    asked: Mapping[str, str]
    missing: str

    @property
    def covered(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class BuildReport:
    """Whether a compiled op was built before it was asked. `built`: it was, else `why` says why not; `digest` is that
    of all that it was made from; `seconds` that cargo took, 0 where it was found built."""

    built: bool
    why: str
    toolchain: str
    digest: str
    seconds: float


@dataclass(frozen=True)
class Report:
    """A verification: which op, where, by which interpreter; the results, each building on those before it. `reached`:
    what the real tables have for the wired models; `build`: None where ops are Python."""

    op: str
    spec: str
    checkout: str
    layout: str
    python: str
    tables: tuple[str, ...]
    results: tuple[CheckResult, ...]
    seconds: float = 0.0
    spec_sha256: str = ""
    reached: tuple[Reach, ...] = ()
    build: BuildReport | None = None

    @property
    def passed(self) -> bool:
        return not self.broken

    @property
    def broken(self) -> list[CheckResult]:
        return [r for r in self.results if r.status == "failed"]

    @property
    def causes(self) -> list[Cause]:
        """Distinct causes, the most basic one first: what breaks an early check is seen by later ones too. Those that
        explain nothing come only when there is no other."""
        causes = list(dict.fromkeys(r.cause for r in self.broken if r.cause))
        told = [c for c in causes if c is not UNEXPLAINED]
        return told or causes
