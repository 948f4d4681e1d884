"""What `newop-gen verify --json` found, read back from its file, which is as little to be trusted as any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...problems import IoFault, Place, Problem, SpecError

SCHEMA = "newop-gen/verify/1"
MADE_UP = "made-up"
"""What a verification calls the tables that it made up itself."""

BOUNDARIES = ("missing", "outside")
"""Checks of what an op must refuse, and of what it answers at the edge of its data."""

# A report has a few dozen checks and a handful of failures each.
MAX_BYTES = 8 * 2**20

Words = Annotated[str, Field(max_length=20_000)]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Failure(_Read):
    """One assertion that does not hold."""

    where: Words
    expected: Words
    found: Words


class Cause(_Read):
    """A probable cause, with its stable code."""

    code: Words
    words: Words


class Check(_Read):
    """One check: `worst` is the largest relative deviation over `points`, `tolerance` the allowed one."""

    check: Words
    asserts: Words
    status: Literal["passed", "failed", "skipped"]
    points: int = Field(ge=0)
    worst: float | None
    tolerance: float | None
    failed: int = Field(ge=0)
    failures: list[Failure]
    cause: Cause | None
    note: Words


class Build(_Read):
    """Whether a compiled op was built before it was asked, and where not, why."""

    built: bool
    why: Words
    toolchain: Words


class Verification(_Read):
    """A report of one op. `format` is the report's `schema`; `build` is None where ops are Python."""

    format: Literal["newop-gen/verify/1"] = Field(alias="schema")
    op: Words
    layout: Words
    tables: list[Words]
    seconds: float
    spec_sha256: Words = ""
    build: Build | None = None
    checks: list[Check]

    def doubts(self, layout: str, spec_sha256: str) -> Iterator[str]:
        """Why it says less than it seems to, or may not be about this spec on this layout, in sentences."""
        if self.build is not None and not self.build.built:
            yield f"Not built ({self.build.why}): the op is compiled, and nothing that it answers was asked."
        if self.layout != layout:
            yield f"The verification was made on layout {self.layout}; this plans for {layout}."
        if not self.spec_sha256:
            yield "The verification does not say which version of the spec it is of."
        elif self.spec_sha256 != spec_sha256:
            yield "The verification is of another version of the spec than this one."

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if check.status == "failed"]

    @property
    def evidence(self) -> list[Check]:
        """How many rows of real tables come back from the op, check by check."""
        real = [name for name in self.tables if name != MADE_UP]
        measured = [check for check in self.checks if check.check.startswith("measured:") and check.note]
        return [check for check in measured if any(check.check.endswith(f"({name})") for name in real)]

    @property
    def boundaries(self) -> list[Check]:
        """What was asked of points and tables that are not there, and beyond what was measured."""
        asked = [check for check in self.checks if check.status != "skipped"]
        return [check for check in asked if check.check.partition(":")[0] in BOUNDARIES]

    @property
    def skipped(self) -> list[Check]:
        return [check for check in self.checks if check.status == "skipped"]

    @property
    def assertions(self) -> int:
        return sum(check.points for check in self.checks)

    @property
    def passed(self) -> bool:
        """Told from the checks, whatever the report's own `passed` says; what was not built passed nothing."""
        built = self.build is None or self.build.built
        return built and not self.failed and any(check.status == "passed" for check in self.checks)


def read_verification(path: Path) -> Verification:
    """The report in a file. Raises `IoFault` when it can't be read, `SpecError` when it is no such report."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        found = f"the verification report can't be read ({error.strerror})"
        raise IoFault(Problem(Place(str(path)), found, "", "`newop-gen verify SPEC --json` prints one")) from None
    if len(raw) > MAX_BYTES:
        raise _not_one(path, f"more than {MAX_BYTES} bytes")
    try:
        return Verification.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _not_one(path, f"{where}: {first['msg']}" if where else str(first["msg"])) from None


def _not_one(path: Path, why: str) -> SpecError:
    return SpecError(
        Problem(
            Place(str(path)),
            f"not a verification report ({why})",
            f"JSON of the schema {SCHEMA}",
            "`newop-gen verify SPEC --checkout DIR --json > FILE` writes one",
            "verification",
        )
    )
