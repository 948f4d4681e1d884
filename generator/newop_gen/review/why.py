"""Why, in words: what each kind of step is for, and what an op's decisions mean.

For reviewers, who have the guide's terms in mind but not this tool. Everything here is told from the spec's own
decisions; nothing depends on a release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..plan import StepKey
from ..text import counted

if TYPE_CHECKING:
    from ..model.op import Op
    from ..spec.model import Key, Nesting, PhaseName

# By `Step.key`. The keys are the guide's steps; a layout may leave some out.
STEP_REASONS: dict[str, str] = {
    StepKey.ENUM: "One name per perf table, which the collector and the loader share.",
    StepKey.LOADER: "Reads the table into the nested dict that the query looks up. The first row of a key wins, and "
    "repeated rows are counted, not averaged.",
    StepKey.REGISTRATION: "Without it the table is never read, and every query answers as if nothing had been "
    "measured.",
    StepKey.PRE_INTERPOLATION: "Fills in the grid values that the spec names when the table is loaded, so that queries "
    "between collected points are cheap. Collected points stay as they are.",
    StepKey.QUERY: "Answers in the five database modes: SOL, SOL_FULL, EMPIRICAL, SILICON and HYBRID. What was not "
    "measured is refused, never guessed.",
    StepKey.SUPPORT_MATRIX: "Says which quant modes can be asked for: those that the spec lists and the table holds.",
    StepKey.OPERATIONS: "The `Operation` classes that a model's op list holds. They pass the shapes that the backends "
    "pass.",
    StepKey.WIRING: "Puts the op into the op lists of the model classes, so that it counts in an estimate.",
    StepKey.TEST: "Holds the op to numbers that were worked out from the spec by code that shares nothing with what "
    "wrote the query.",
    StepKey.DATA: "The measurements, where this checkout looks for them. A file that exists is never overwritten.",
    StepKey.OPERATOR: "The compiled op: its formula, its answers in the five database modes, and its place among the "
    "operators that an engine knows.",
    StepKey.TABLE: "Reads the table when it is first asked, and finds a point or what lies between points.",
    StepKey.VIEW: "Shows Python the table, as it is read in Rust.",
    StepKey.CLASS: "Lets Python make the compiled op and ask it.",
}

PREFIX_REASONS = {
    "none": "A cached prefix does not matter: only new tokens cost something.",
    "quadratic": "With a cached prefix the table is asked at s + prefix, and the answer is scaled by "
    "((s + prefix)^2 - prefix^2) / (s + prefix)^2, because the prefix attends to nothing again.",
    "sol_ratio": "With a cached prefix the table is asked at s + prefix, and the answer is scaled by the ratio of the "
    "SOLs with and without it.",
}

TABLE_REASONS = {
    "one": "One table serves all phases.",
    "per_phase": "Each phase has a table of its own.",
    "phase_column": "One table, in which a column names the phase.",
}

OUTSIDE_REASONS = {
    "error": "Outside the collected range a query is refused",
    "clamp": "Outside the collected range the nearest collected value answers",
    "extrapolate": "Outside the collected range the answer is extrapolated",
}


def step_reason(key: str) -> str:
    """What a step is for; "" for a key that is not known here."""
    return STEP_REASONS.get(key, "")


def decisions(op: Op) -> Iterator[tuple[str, str]]:
    """The op's decisions as (subject, sentences), in the order in which a reviewer asks for them."""
    spec = op.spec
    yield "Phases", f"{' and '.join(op.phases)}. {TABLE_REASONS[spec.phases.table]}"
    if op.tokens:
        axis = "Queried by x, the number of tokens: 8 x 512 tokens cost what 1 x 4096 do."
    else:
        axis = "Queried by b and s: batch size and sequence length count separately."
    yield "Axis", f"{axis} {PREFIX_REASONS[spec.axis.prefix]}"
    for phases, nesting in nestings(op):
        outside = f"{OUTSIDE_REASONS[nesting.outside]}, where the release leaves that to the spec."
        where = "" if len(phases) == len(op.phases) else f", {phases[0]}"
        yield f"Table{where}", f"`data{nesting_path(nesting)}`, {nesting.method} between collected points. {outside}"
    scales = {op.empirical(phase) for phase in op.phases}
    if len(scales) == 1:
        yield "Empirical scale", f"{scales.pop():g}: EMPIRICAL is SOL divided by it, where the release uses a constant."
    else:
        each = ", ".join(f"{phase} {op.empirical(phase):g}" for phase in op.phases)
        yield "Empirical scale", f"{each}: EMPIRICAL is SOL divided by it, where the release uses a constant."
    if spec.missing == "sol":
        yield "Without data", "SILICON answers with the SOL."
    else:
        yield "Without data", "SILICON raises `PerfDataNotAvailableError`."
    yield "Models", _models(op)


def nestings(op: Op) -> list[tuple[tuple[PhaseName, ...], Nesting]]:
    """The distinct nestings with the phases that they serve."""
    first, *rest = op.phases
    if all(op.nesting(phase) == op.nesting(first) for phase in rest):
        return [(op.phases, op.nesting(first))]
    return [((phase,), op.nesting(phase)) for phase in op.phases]


def nesting_path(nesting: Nesting) -> str:
    """The dict order: "[param1][param2][b][s]"."""
    levels = [_key_name(key) for key in nesting.keys] + [axis.axis for axis in nesting.axes]
    return "".join(f"[{level}]" for level in levels)


def _key_name(key: Key) -> str:
    return f"({', '.join(key.params)})" if key.params else str(key.param)


def _models(op: Op) -> str:
    wirings = op.spec.wiring
    if not wirings:
        return "None: the op can be queried, but no model's estimate has it yet."
    classes = dict.fromkeys(w.model if isinstance(w.model, str) else " or ".join(w.model) for w in wirings)
    return f"{', '.join(classes)} ({counted(len(wirings), 'place')})."
