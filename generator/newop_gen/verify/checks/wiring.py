"""Wired models: they build, the op stands where the spec says, once, as the spec says, only when its condition holds;
and a model's estimate moves by exactly the op's share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...model.op import Op
from ...sol.quants import canonical
from ...spec.model import Wiring
from ..bench import Bench
from ..candidates import ACCEPT_RATES, Built, Shelf, in_scope, listed
from ..causes.wiring import Stand, explain_stand
from ..coverage import reaches
from ..expectation import off
from ..result import Cause, CheckResult, Tally
from ..system import BACKEND
from .operations import quantity

HOLDING, OTHERS = 3, 12  # models that are looked at with the condition true, and false
RUNTIME = {"batch_size": 2, "beam_width": 1, "isl": 96, "osl": 3, "prefix": 0}
SHARE = 1e-9


@dataclass
class Wired:
    """One wiring of the spec in this checkout: the class that it is in."""

    number: int
    wiring: Wiring
    owner: str
    op: Op

    @property
    def title(self) -> str:
        return f"{self.owner}:{self.wiring.phase}"


def wirings(bench: Bench, catalogue: Mapping[str, Any]) -> list[CheckResult]:
    """One result per wiring of the spec, and one for the estimates of its models."""
    op = bench.op
    if not op.spec.wiring:
        return []
    shelf = Shelf(bench, catalogue)
    classes = bench.session.ask("classes", names=sorted({m for w in op.spec.wiring for m in listed(w.model)}))
    wired, results = [], []
    for number, wiring in enumerate(op.spec.wiring):
        owner = next((m for m in listed(wiring.model) if m in classes), None)
        if owner is not None:
            wired.append(Wired(number, wiring, owner, op))
            continue
        tally = Tally(f"wiring:{listed(wiring.model)[0]}:{wiring.phase}", "the model class is there")
        if wiring.optional:
            tally.note = "this checkout has no such model class, and the wiring is optional"
        else:
            tally.holds(False, " or ".join(listed(wiring.model)), "a model class", "nothing")
            tally.blame(
                Cause("wired-missing", "the model class that the spec wires the op into is not in this checkout")
            )
        results.append(tally.result())
    for one in wired:
        holding, others = _models(bench, shelf, one)
        tally = _stands(bench, wired, one, holding, others)
        _builds(shelf, one, tally)
        results.append(tally.result())
    for owner in dict.fromkeys(w.owner for w in wired):
        models = [b for w in wired if w.owner == owner for b in _models(bench, shelf, w)[0]]
        results.append(_estimates(bench, owner, list({id(b): b for b in models}.values())))
    having = [b for w in wired for b in (*shelf.of_class(w.owner), *_models(bench, shelf, w)[0])]
    having = [b for b in having if any(_holds(bench, w.wiring, b) for w in wired if b.is_a(w.owner))]
    having = [b for b in having if "nextn" not in b.settings]  # drafts change how often an op runs, not what it asks
    bench.reached += reaches(bench, shelf, {id(b): b for b in having}.values())
    return results


def models_with(bench: Bench, shelf: Shelf) -> Iterator[Built]:
    """Models that a wiring's condition holds for."""
    for number, wiring in enumerate(bench.op.spec.wiring):
        for owner in bench.session.ask("classes", names=listed(wiring.model)):
            yield from _models(bench, shelf, Wired(number, wiring, owner, bench.op))[0]


def _models(bench: Bench, shelf: Shelf, one: Wired) -> tuple[list[Built], list[Built]]:
    """Models of the class for which the condition holds, and for which it doesn't."""
    holding: list[Built] = []
    others: list[Built] = []
    for built in shelf.of_class(one.owner):
        (holding if _holds(bench, one.wiring, built) else others).append(built)
    if one.wiring.when and not (holding and others):
        for text in listed(one.wiring.when):
            for built in shelf.derived(one.owner, text):
                if built.is_a(one.owner):
                    kind = holding if _holds(bench, one.wiring, built) else others
                    if built not in kind:
                        kind.append(built)
    chosen = holding[:HOLDING]
    # The same models with MTP drafts, and on two GPUs: both change what an op is made with.
    for built in holding[:1]:
        for change in ({"nextn": 1, "nextn_accept_rates": ACCEPT_RATES}, {"tp_size": 2}):
            if built.settings.keys() & change.keys():
                continue
            varied = shelf.again(built, **change)
            if varied is not None and _holds(bench, one.wiring, varied):
                chosen.append(varied)
    return chosen, others[:OTHERS]


def _holds(bench: Bench, wiring: Wiring, built: Built) -> bool:
    if not wiring.when:
        return True
    values = in_scope(built, listed(wiring.when), bench)
    return bool(values and values[0])


def _stands(
    bench: Bench, wired: Sequence[Wired], one: Wired, holding: Sequence[Built], others: Sequence[Built]
) -> Tally:
    at = one.wiring.at
    how, where = next(
        (k, listed(v)) for k, v in (("before", at.before), ("after", at.after), ("replace", at.replace)) if v
    )
    words = {"before": "before", "after": "after", "replace": "in the place of"}[how]
    condition = f", only when {' or '.join(listed(one.wiring.when))}" if one.wiring.when else ""
    tally = Tally(
        f"wiring:{one.title}" + (f":{one.number}" if sum(w.title == one.title for w in wired) > 1 else ""),
        f"{one.owner} builds; the op stands once in the {one.wiring.phase} ops, {words} {' or '.join(where)}, with the "
        f"spec's name, scale and arguments{condition}",
        1e-12,
    )
    stands = []
    for built in holding:
        stand = _look(bench, wired, one, built, how, where)
        if stand is None:
            continue
        stands.append(stand)
        _judge(tally, stand)
    for built in others:
        stand = _look(bench, wired, one, built, how, where)
        if stand is not None and not stand.expected:
            stands.append(stand)
            _judge(tally, stand)
    if tally.failed:
        tally.blame(explain_stand(stands))
    if not holding:
        tally.unproven = True
        tally.note = (
            f"the condition holds for no model that could be built; {len(others)} for which it doesn't were looked at"
            if others
            else "no model of this class could be built"
        )
    else:
        tally.note = f"{len(holding)} models with the op, {len(others)} without"
    return tally


def _builds(shelf: Shelf, one: Wired, tally: Tally) -> None:
    """Models of the class that the op is in the way of. Others may not be buildable for reasons of their own: unknown
    configurations, sizes that don't divide."""
    for label, told in shelf.refused:
        error = told["error"]
        if one.owner in told.get("classes", ()) and (told["in_our_call"] or "NameError" in error["bases"]):
            words = f"{error['class']}: {error['text'][:200]} at {error['where']}"
            tally.unproven = False
            tally.holds(False, label, f"{one.owner} builds", words)
            tally.blame(Cause("wired-broken", f"a model can't be built with the op: {words}"))


def _look(
    bench: Bench, wired: Sequence[Wired], one: Wired, built: Built, how: str, anchors: Sequence[str]
) -> Stand | None:
    """How the op stands in a model, beside how it should; None where the model has no such anchor."""
    op, phase = bench.op, one.wiring.phase
    name = op.instance_name(one.wiring)
    ours = {op.class_name(p) for p in op.phases}
    ops = built.ops(phase)
    places = [i for i, o in enumerate(ops) if o["class"] not in ours and _anchored(o, anchors)]
    siblings = [w for w in wired if w is not one and w.owner == one.owner and w.wiring.phase == phase]
    expected = len(places) if how != "replace" else 1
    if not _holds(bench, one.wiring, built):
        expected = 0
    if any(_holds(bench, w.wiring, built) for w in siblings) and not one.wiring.when:
        return None  # several wirings of one list are told apart by their conditions alone
    if how != "replace" and not places:
        return None
    found = [i for i, o in enumerate(ops) if o["class"] == op.class_name(phase)]
    other = "generation" if phase == "context" else "context"
    strayed = [o for o in built.ops(other) if o["class"] == op.class_name(phase)]
    foreign = sum(o["class"] in ours for o in ops) - len(found)
    stand = Stand(built.label, name, expected, len(found), len(strayed) + foreign, [ops[i]["name"] for i in found])
    if expected and found:
        first = ops[found[0]]
        stand.neighbours = _neighbours(ops, found, ours, how, anchors)
        stand.replaced = how == "replace" and bool(places)
        stand.scale, stand.mtp = first["scale"], built.told["mtp"] if phase == "generation" else None
        stand.scales = _scales(bench, one, built, ops, places)
        stand.arguments = {p: _held(first, p) for p in one.wiring.args}
        stand.wanted = {p: _argument(bench, built, p, listed(a)) for p, a in one.wiring.args.items()}
    return stand


def _anchored(op: Mapping[str, Any], anchors: Sequence[str]) -> bool:
    return any(True for _ in _named(op, anchors))


def _named(op: Mapping[str, Any], anchors: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Those of an op and the ops that it is made of that have one of the names."""
    if op["name"] in anchors:
        yield op
    for inner in op.get("inside", ()):
        yield from _named(inner, anchors)


def _neighbours(
    ops: Sequence[Mapping[str, Any]], found: Sequence[int], ours: set[str], how: str, anchors: Sequence[str]
) -> bool:
    """Whether each of our ops stands by an anchor; ops of the same class between the two don't count."""
    if how == "replace":
        return True
    step = -1 if how == "after" else 1
    for i in found:
        at = i + step
        while 0 <= at < len(ops) and ops[at]["class"] in ours:
            at += step
        if not (0 <= at < len(ops) and _anchored(ops[at], anchors)):
            return False
    return True


def _scales(
    bench: Bench, one: Wired, built: Built, ops: Sequence[Mapping[str, Any]], places: Sequence[int]
) -> list[float]:
    """What the scale may be: the spec's expression, with the MTP factor in generation; else that of the anchor."""
    texts = listed(one.wiring.scale)
    if not texts:
        anchors = listed(one.wiring.at.before or one.wiring.at.after or one.wiring.at.replace)
        found = [anchored["scale"] for i in places for anchored in _named(ops[i], anchors)]
        return [scale for scale in found if isinstance(scale, (int, float))]
    values = in_scope(built, texts, bench) or []
    mtp = built.told["mtp"]
    counted = any("_mtp_scale_factor" in t for t in texts)
    factor = mtp if one.wiring.phase == "generation" and isinstance(mtp, (int, float)) and not counted else 1.0
    return [v * factor for v in values]


def _argument(bench: Bench, built: Built, param: str, texts: Sequence[Any]) -> list[Any] | None:
    """The values that an argument may have; modes that the op has no kernels for become the spec's other one."""
    values = in_scope(built, texts, bench)
    spec = bench.op.params[param]
    if values is None or param not in bench.op.quant_params:
        return values
    modes = [canonical(m) for m in spec.modes]
    return [v if not modes or v in modes or spec.otherwise is None else canonical(spec.otherwise) for v in values]


def _held(op: Mapping[str, Any], param: str) -> Any:
    value = op.get("held", {}).get(param)
    return canonical(value["enum"][1]) if isinstance(value, dict) and "enum" in value else value


def _judge(tally: Tally, stand: Stand) -> None:
    where = stand.label
    times = f"{stand.expected} op{'s' if stand.expected != 1 else ''} {stand.name!r}"
    tally.holds(
        stand.found == stand.expected,
        where,
        times,
        f"{stand.found}" + (f" ({', '.join(stand.names)})" if stand.names else ""),
    )
    if stand.expected:
        tally.holds(
            not stand.strayed, where, "every op in the list of its own phase", f"{stand.strayed} in the other one"
        )
    if not stand.expected or not stand.found:
        return
    tally.holds(set(stand.names) == {stand.name}, where, f"the name {stand.name!r}", f"{stand.names}")
    tally.holds(stand.neighbours, where, "its place next to the op that the spec names", "another place")
    tally.holds(not stand.replaced, where, "the replaced op gone", "it is still there")
    if stand.scales:
        worst = min(off(stand.scale, s, s) for s in stand.scales)
        tally.deviation(worst)
        tally.holds(worst <= 1e-12, where, f"scale {stand.scales[0]:.9g}", f"{stand.scale:.9g}")
    for param, wanted in stand.wanted.items():
        if wanted is not None:
            tally.holds(
                stand.arguments[param] in wanted, where, f"{param}={wanted[0]}", f"{param}={stand.arguments[param]}"
            )


def _estimates(bench: Bench, owner: str, models: Sequence[Built]) -> CheckResult:
    """Static estimates with the op and without it, in SOL mode, where every other op answers, too."""
    op = bench.op
    tally = Tally(
        f"estimate:{owner}", "the model's static estimate and its weights move by exactly the op's share", SHARE
    )
    handle = bench.second("SOL")
    ours = [op.class_name(p) for p in op.phases]
    for built in models:
        found = bench.session.attempt(
            "estimate", host=built.handle, handle=handle, backend=BACKEND, runtime=RUNTIME, ours=ours
        )
        if "error" in found:
            tally.fail(
                built.label,
                "an estimate",
                f"{found['error']['class']}: {found['error']['text'][:160]} at {found['error']['where']}",
            )
            tally.points += 1
            continue
        for phase in op.phases:
            wanted = _share(bench, built, phase)
            if wanted is None:
                continue
            moved = sum(found["with"][phase].values()) - sum(found["without"][phase].values())
            total = sum(found["with"][phase].values())
            _moved(tally, f"{built.label}, {phase} latency", moved, wanted, total, "ms")
        weights = sum(o["scale"] * _weights(bench, o) for o in built.ops("context") if o["class"] in ours)
        moved = found["with"]["weights"] - found["without"]["weights"]
        if not _moved(tally, f"{built.label}, weights", moved, weights, found["with"]["weights"], "bytes"):
            if weights and abs(moved / weights - 2) < 1e-6:
                tally.blame(Cause("weights-twice", "the op's weights are counted twice"))
            else:
                tally.blame(Cause("weights-wrong", "the op's weights are not the spec's bytes times its scale"))
    if tally.failed:
        tally.blame(
            Cause(
                "estimate",
                "the estimate does not move by the op's own cost: look at the scale, the arguments and what the "
                "Operation hands on",
            )
        )
    return tally.result()


def _moved(tally: Tally, where: str, moved: float, wanted: float, total: float, unit: str) -> bool:
    # A difference of two sums is known to the last bits of the sums, not of the difference.
    amount = max(0.0, abs(moved - wanted) - 1e-13 * abs(total)) / max(abs(wanted), 1e-300) if wanted or moved else 0.0
    tally.deviation(amount)
    return tally.holds(amount <= SHARE, where, f"{wanted:.9g} {unit} more", f"{moved:.9g} {unit}")


def _share(bench: Bench, built: Built, phase: Any) -> float | None:
    """What the op costs in a static run of the model: its SOL at every step, times its scale."""
    op = bench.op
    query = op.query(phase)
    drafts = built.settings.get("nextn", 0)
    total = 0.0
    for told in built.ops(phase):
        if told["class"] != op.class_name(phase):
            continue
        params = {p: _held(told, p) for p in op.params}
        batch, isl = int(RUNTIME["batch_size"]), int(RUNTIME["isl"])
        if phase == "context":
            steps = [(batch, isl, batch if "logits_gemm" in told["name"] else batch * isl)]
        else:
            batch *= drafts + 1
            steps = [(batch, isl + i + 1, batch) for i in range(int(RUNTIME["osl"]) - 1)]
        for b, s, x in steps:
            given = {"x": x, "b": b, "s": s, "prefix": 0}
            times = bench.expect.sol(query, {**{n: given[n] for n in query.run_time}, **params})
            if times is None:
                return None
            total += times.sol * told["scale"]
    return total


def _weights(bench: Bench, told: Mapping[str, Any]) -> float:
    phase = next(p for p in bench.op.phases if bench.op.class_name(p) == told["class"])
    expr = bench.op.weights(phase)
    params = {p: _held(told, p) for p in bench.op.params}
    return 0.0 if expr is None else quantity(bench, expr, params)
