"""What doctor says: findings, and what it could not look at."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace

from ..problems import Place


class Severity(enum.Enum):
    """How bad it is. Values are part of the JSON format.

    - `wrong`: numbers that are not what was measured, without a word;
    - `fails`: an exception where an answer is expected;
    - `latent`: goes wrong under a condition that the finding names;
    - `limit`: no defect. Something is refused aloud, where an answer would be wrong.
    """

    WRONG = "wrong"
    FAILS = "fails"
    LATENT = "latent"
    LIMIT = "limit"


@dataclass(frozen=True)
class Finding:
    """One defect, or one limit.

    `code` is a stable short name; `names` are what the defect can be asked for by (function, class, file member);
    `what`, `effect` and `mend` are complete clauses without a final stop: what the code does, what was measured when
    it was run ("" when it was not), how to mend it.
    """

    code: str
    severity: Severity
    place: Place
    names: tuple[str, ...]
    what: str
    mend: str
    effect: str = ""

    def measured(self, effect: str) -> Finding:
        return replace(self, effect=effect)


@dataclass(frozen=True)
class Checkup:
    """All defects in the order of files and lines, what was looked at (counts by kind), and what could not be.

    `limits` are in no way wrong (`Severity.LIMIT`): to be known, nothing to be mended.
    """

    layout: str | None
    findings: tuple[Finding, ...]
    looked_at: dict[str, int] = field(default_factory=dict)
    not_looked_at: tuple[str, ...] = ()
    limits: tuple[Finding, ...] = ()
