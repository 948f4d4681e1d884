"""Objects of the compiled classes: what they hold, and what is left of it after a trip through Python and back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ...spec.model import PhaseName
from ..bench import Bench
from ..expectation import judge, promised_text, told
from ..grid import EXACT, Promise
from ..points import Values
from ..result import Cause, CheckResult, Tally
from ..table import arguments

SCALE = 3
SPLIT = 2
RANKS = (2, 5)
POINTS = 6
SET = 5  # words of a call without attributes that are set
NAME = "held"
TRIPS = {
    "pickled": "pickle",
    "copied": "copy.deepcopy",
    "serialised": "its serialised form (op_from_spec_json), as a compiled model has it",
    "composed": "an OverlapOp that holds it",
}


def objects(bench: Bench) -> list[CheckResult]:
    """Each class gives back what it was made with, and so does every copy of its objects."""
    return [
        *(_objects(bench, phase) for phase in bench.op.phases),
        *(_divided(bench, phase) for phase in bench.op.phases if bench.op.tokens),
    ]


def _objects(bench: Bench, phase: PhaseName) -> CheckResult:
    op = bench.op
    tally = Tally(
        f"objects:{phase}",
        "an object of the compiled class gives back its name, scale and params; so do a pickled and a copied one, one "
        "from its serialised form, and one that a composite holds",
    )
    owner = op.class_name(phase)
    splits: tuple[dict[str, int], ...] = ({}, {"seq_split": SPLIT}) if op.tokens else ({},)
    points = [v for _, v, _ in bench.measured(bench.own, op.query(phase))]
    chosen = points[:: max(1, len(points) // 3)][:3]
    asked = [(values, more) for values in chosen for more in splits]
    calls = [[owner, NAME, SCALE, _params(bench, values), more] for values, more in asked]
    for (values, more), outcome in zip(asked, bench.session.ask("hold", calls=calls)):
        where = (
            f"{owner}({', '.join([*(f'{n}={values[n]}' for n in op.params), *(f'{k}={v}' for k, v in more.items())])})"
        )
        if "error" in outcome:
            tally.holds(False, where, "an object", told(outcome))
            tally.blame(Cause("object-made", f"an object of {owner} can't be made: {told(outcome)}"))
            continue
        wanted = {"name": NAME, "scale_factor": float(SCALE), **_params(bench, values)}
        wanted["seq_split"] = more.get("seq_split", 1)
        _same(tally, where, wanted, outcome["made"], "the object itself", CLASS_GETTER)
        for trip, words in TRIPS.items():
            found = outcome[trip]
            if "error" in found:
                tally.holds(False, f"{where}, {words}", "an object like it", told(found))
                tally.blame(_lost(trip, owner, told(found)))
                continue
            _same(tally, where, {"class": owner, **wanted}, found, words, _lost(trip, owner, "it is another one"))
    return tally.result()


def _divided(bench: Bench, phase: PhaseName) -> CheckResult:
    """Context parallelism: a rank holds its share of the tokens, and what is left over counts as a whole one."""
    op, query = bench.op, bench.op.query(phase)
    tally = Tally(
        f"seq-split:{phase}",
        "with its tokens divided among ranks, as made and as set later, it answers for each rank's share, rounded up, "
        "times its scale",
        EXACT * 10,
    )
    owner, points = op.class_name(phase), [v for _, v, _ in bench.measured(bench.own, query)][:POINTS]
    asked: list[tuple[Values, int, list[Any]]] = []
    for values, ranks in itertools.product(points, RANKS):
        given = {"x": ranks * values["x"] - (ranks - 1), "is_context": phase == "context"}
        params = _params(bench, values)
        asked += [
            (values, ranks, [owner, NAME, SCALE, {**params, "seq_split": ranks}, given]),
            (values, ranks, [owner, NAME, SCALE, params, given, {"_seq_split": ranks}]),
        ]
    outcomes = bench.session.ask("operate", handle=bench.own.handle, calls=[call for *_, call in asked])
    for (values, ranks, call), outcome in zip(asked, outcomes):
        promised = bench.expect.silicon(bench.own, query, values)
        if not isinstance(promised, Promise):
            continue
        holds, amount = judge(promised.scaled(SCALE), outcome)
        if amount is not None:
            tally.deviation(amount)
        how = "set to" if len(call) > SET else "made with"
        where = f"{owner}, x={call[4]['x']}, {how} seq_split={ranks}"
        if not tally.holds(holds, where, promised_text(promised.scaled(SCALE)), told(outcome)):
            tally.blame(
                Cause(
                    "seq-split",
                    "divided tokens are not each rank's share, rounded up: look at what the op makes of seq_split, and "
                    "at the class's setter",
                )
            )
    return tally.result()


def _params(bench: Bench, values: Values) -> dict[str, Any]:
    return arguments(bench.op, {n: values[n] for n in bench.op.params}, bench.facts)


def _same(
    tally: Tally, where: str, wanted: Mapping[str, Any], found: Mapping[str, Any], words: str, cause: Cause
) -> None:
    for name, value in wanted.items():
        got = found.get(name)
        if not tally.holds(got == value, f"{where}, {words}", f"{name}={value}", f"{name}={got}"):
            tally.blame(cause)


CLASS_GETTER = Cause(
    "class-getter",
    "an object does not give back what it was made with: a getter of the compiled class reads another field, or the "
    "constructor puts its arguments into the wrong ones",
)


def _lost(trip: str, owner: str, text: str) -> Cause:
    if trip in ("serialised", "composed"):
        return Cause(
            "wrap-arm",
            f"an op that the engine gives back is no {owner}: {text}. Its variant has no arm in `wrap_op`, or one of "
            "another class",
        )
    return Cause("pickle", f"a copy of a {owner} can't be made or differs: {text}. Look at `__getnewargs_ex__`")
