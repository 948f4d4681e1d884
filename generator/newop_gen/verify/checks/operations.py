"""The `Operation` classes under the backends' real calls.

A real backend runs a real model whose op lists hold nothing but the op; every call that the op gets is recorded with
its answer. What a backend passes is its own affair and differs between releases: it is taken from the recording. What
the op makes of it is judged.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...model.op import Query
from ...sol.evaluate import evaluate
from ...sol.tree import Expr
from ...spec.model import PhaseName
from ..bench import Bench
from ..causes.operations import Call, explain_calls, right
from ..expectation import judge, off, promised_text, told
from ..grid import EXACT, Answer, Nothing, Promise
from ..points import Values
from ..result import Cause, CheckResult, Tally
from ..system import BACKEND
from ..table import arguments, quantised

SCALE = 3
PREFIX = 16
HOST = "host"
RUNS = 8

# Small dense models that every release has under one of these names.
HOSTS = ("meta-llama/Meta-Llama-3.1-8B", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B", "LLAMA3.1_8B", "LLAMA2_7B", "QWEN3_8B")


@dataclass(frozen=True)
class Run:
    """One run of a backend: what for, in which mode, with which settings."""

    name: str
    values: Values
    mode: str
    runtime: dict[str, Any]
    run: dict[str, Any]


def operations(bench: Bench, catalogue: Mapping[str, Any]) -> list[CheckResult]:
    """Static context and generation, prefix, beams, MTP drafts and mixed steps; weights."""
    results = [_weights(bench, p) for p in bench.op.phases]
    host = _host(bench, catalogue)
    for phase in bench.op.phases:
        tally = Tally(f"operation:{phase}", _ASSERTS[phase], EXACT * 10)
        if host is None:
            tally.note = "no model of this checkout could be built to run a backend on"
        else:
            _operation(bench, phase, host, tally)
        results.append(tally.result())
    return results


_ASSERTS = {
    "context": "under a backend's calls (static, prefix, mixed step) it answers for the batch, length and prefix "
    "given, times its scale",
    "generation": "under a backend's calls (static, MTP drafts, beams, mixed step) it answers for the batch and length "
    "given, times its scale; beams are refused where batch and length count separately",
}


def _host(bench: Bench, catalogue: Mapping[str, Any]) -> str | None:
    for name in itertools.chain((h for h in HOSTS if h in catalogue), catalogue):
        settings = {"tp_size": 1, "pp_size": 1, "moe_tp_size": 1, "moe_ep_size": 1, "attention_dp_size": 1}
        built = bench.session.attempt(
            "build", handle=HOST, model=name, settings=settings, backend=BACKEND, ours=[], names=[]
        )
        if "error" not in built:
            return name
    return None


def _weights(bench: Bench, phase: PhaseName) -> CheckResult:
    op = bench.op
    tally = Tally(f"weights:{phase}", "get_weights is the spec's bytes times the scale", EXACT)
    query = op.query(phase)
    points = [v for _, v, _ in bench.measured(bench.own, query)]
    points = points[:: max(1, len(points) // 5)][:5]
    given = {"x": 8, "batch_size": 2, "beam_width": 1, "s": 48, "prefix": 0}
    calls = []
    for values in points:
        params = arguments(op, {n: values[n] for n in op.params}, bench.facts)
        calls.append([op.class_name(phase), "probed", SCALE, params, given])
    handle = bench.second("SOL")
    expr = op.weights(phase)
    for values, outcome in zip(points, bench.session.ask("operate", handle=handle, calls=calls) if calls else ()):
        wanted = 0.0 if expr is None else quantity(bench, expr, values)
        where = f"{op.class_name(phase)}({', '.join(f'{n}={values[n]}' for n in op.params)})"
        tally.points += 1
        if "weights" not in outcome:
            tally.fail(where, f"{wanted * SCALE:.9g} bytes", told(outcome))
            continue
        amount = off(outcome["weights"], wanted * SCALE, wanted * SCALE)
        tally.deviation(amount)
        if amount > EXACT:
            tally.fail(where, f"{wanted * SCALE:.9g} bytes", f"{outcome['weights']:.9g} bytes")
            ratio = outcome["weights"] / (wanted * SCALE) if wanted else 0.0
            tally.blame(_weights_cause(ratio))
    return tally.result()


def quantity(bench: Bench, expr: Expr, values: Values) -> float:
    """The value of an expression over params, such as the bytes of weights."""
    found = evaluate(expr, quantised(bench.op, values, bench.facts), modes=bench.facts.modes)
    assert isinstance(found, (int, float)), "the spec's checks admit numbers only"
    return float(found)


def _weights_cause(ratio: float) -> Cause:
    if abs(ratio * SCALE - 1) < 1e-9:
        return Cause("weights-unscaled", "weights are not multiplied by the op's scale factor")
    if not ratio:
        return Cause(
            "weights-missing", "an op with weights says that it has none, or one without says that it has some"
        )
    return Cause("weights-wrong", f"weights are {ratio:.6g} times what the spec says")


def _operation(bench: Bench, phase: PhaseName, host: str, tally: Tally) -> None:
    op = bench.op
    query = op.query(phase)
    handles = {mode: bench.second(mode) for mode in ("SILICON", "SOL")}
    judged: dict[str, list[Call]] = {}
    params: dict[str, Values] = {}
    # What a mixed step is made of is the engine's own affair, and told nowhere but in its sum.
    mixed = [] if bench.compiled else _mixed(bench, query, phase)
    for run in [*_static(bench, query, phase), *mixed]:
        chosen = {n: run.values[n] for n in op.params}
        names = ("probed", "context_attention" if phase == "context" else "generation_attention")
        name = names[1] if run.name.endswith("per request") else names[0]
        reply = bench.session.attempt(
            "probe",
            host=HOST,
            handle=handles[run.mode],
            backend=BACKEND,
            op=[op.class_name(phase), name, SCALE, arguments(op, chosen, bench.facts)],
            phase=phase,
            runtime=run.runtime,
            run=run.run,
        )
        where = f"{op.class_name(phase)}, {run.name}"
        if not reply.get("calls"):
            error = reply.get("error", {"class": "nothing", "text": "was called", "where": ""})
            tally.holds(
                False, where, "a call by the backend", f"{error['class']}: {error['text'][:160]} at {error['where']}"
            )
            tally.blame(Cause("operation-error", f"{error['class']}: {error['text'][:200]} at {error['where']}"))
            continue
        if run.name == "beam" and not op.tokens:
            _beam(reply, where, tally)
            continue
        for given, outcome in reply["calls"]:
            promised = _promised(bench, phase, run.mode, chosen, right(given, query.run_time), SCALE, SCALE)
            if isinstance(promised, Nothing):
                continue
            holds, amount = judge(promised, outcome)
            tally.points += 1
            if amount is not None:
                tally.deviation(amount)
            if not holds:
                told_given = ", ".join(f"{k}={v:g}" for k, v in given.items() if k in _TOLD)
                tally.fail(f"{where} ({host}; {told_given})", promised_text(promised), told(outcome))
            if bench.rules.source_tags and "latency" in outcome:
                source, found = run.mode.lower(), outcome["source"]
                if not tally.holds(found == source, where, f"source {source}", f"source {found}"):
                    tally.blame(SOURCE_DROPPED)
            key = f"{run.mode} {sorted(chosen.items())}"
            judged.setdefault(key, []).append(Call(given, outcome, holds))
            params[key] = chosen
    causes = []
    for key, calls in judged.items():
        if not all(c.holds for c in calls):
            mode, chosen = key.split(" ", 1)[0], params[key]
            causes.append(
                explain_calls(
                    calls,
                    query.run_time,
                    lambda v, a, e, m=mode, c=chosen: _promised(bench, phase, m, c, v, a, e),  # type: ignore[misc]
                    SCALE,
                )
            )
    # What is asked for in the wrong way is refused by a table, and answered by a formula: that one tells more.
    causes.sort(key=lambda c: c is None or c.code == "operation-error")
    for cause in causes:
        tally.blame(cause)


SOURCE_DROPPED = Cause(
    "source-tag", "the op makes its result without the `source` of the query's: an estimate counts as measured"
)
_TOLD = ("x", "batch_size", "beam_width", "s", "prefix")


def _promised(
    bench: Bench,
    phase: PhaseName,
    mode: str,
    params: Values,
    handed: Mapping[str, float],
    latency: float,
    energy: float,
) -> Answer:
    """What an op with `params` gives for run-time arguments, scaled."""
    query = bench.op.query(phase)
    values = {**{n: int(v) if float(v).is_integer() else v for n, v in handed.items()}, **params}
    if mode == "SOL":
        times = bench.expect.sol(query, values)
        return Nothing("no SOL there") if times is None else Promise.of(times.sol * latency, 0.0)
    found = bench.expect.silicon(bench.own, query, values)
    return found.scaled(latency, energy) if isinstance(found, Promise) else found


def _beam(reply: Mapping[str, Any], where: str, tally: Tally) -> None:
    outcome = reply["calls"][0][1]
    holds = "error" in outcome and "ValueError" in outcome["error"]["bases"] and "beam" in outcome["error"]["text"]
    if not tally.holds(holds, where, "a ValueError that names beam_width", told(outcome)):
        tally.blame(
            Cause(
                "beam-not-refused",
                "an op that counts batch and length separately accepts beams, and answers for another batch",
            )
        )


def _static(bench: Bench, query: Query, phase: PhaseName) -> Iterator[Run]:
    """Runs of `run_static` that ask for collected points, so that latency and energy are known exactly."""
    op = bench.op
    points = [v for _, v, _ in bench.measured(bench.own, query)]
    points = _spaced(points, RUNS)
    for values in points:
        if phase == "context":
            batch, length = (1, values["x"]) if op.tokens else (values.get("b", 1), values.get("s", 48))
            run = {"mode": "static_ctx"}
            yield Run("static context", values, "SILICON", _runtime(batch, length), run)
            if op.tokens and length % 2 == 0:
                yield Run("static context", values, "SILICON", _runtime(2, length // 2), run)
            # The table is looked up at the whole length where the op has a prefix rule.
            isl = length if query.takes_prefix else length + PREFIX
            if isl > PREFIX:
                yield Run("prefix", values, "SILICON", _runtime(batch, isl, prefix=PREFIX), run)
        else:
            batch, length = (values["x"], 48) if op.tokens else (values.get("b", 1), values.get("s", 48))
            run = {"mode": "static_gen"}
            if length > 1:
                yield Run("static generation", values, "SILICON", _runtime(batch, length - 1), run)
                if batch % 2 == 0:
                    yield Run("MTP drafts", values, "SILICON", _runtime(batch // 2, length - 1), {**run, "nextn": 1})
                if not op.tokens or batch % 2 == 0:
                    halved = batch // 2 if op.tokens else batch
                    yield Run("beam", values, "SILICON", _runtime(halved, length - 1, beam=2), run)


def _mixed(bench: Bench, query: Query, phase: PhaseName) -> Iterator[Run]:
    """Mixed steps. Their shapes are nobody's collected points, so that they are asked in SOL mode."""
    points = [v for _, v, _ in bench.measured(bench.own, query)]
    runtime = {"batch_size": 16, "beam_width": 1, "isl": 1024, "osl": 256, "prefix": 256 if phase == "context" else 0}
    for values in points[:1]:
        for name in ("mixed step", "mixed step, per request"):
            yield Run(name, values, "SOL", runtime, {"ctx_tokens": 2048})


def _runtime(batch: int, isl: int, prefix: int = 0, beam: int = 1) -> dict[str, Any]:
    return {"batch_size": batch, "beam_width": beam, "isl": isl, "osl": 2, "prefix": prefix}


def _spaced(points: list[Values], count: int) -> list[Values]:
    """Points from all over the list; strides of a product's sizes would keep to one axis value."""
    if len(points) <= count:
        return points
    return [points[i * (len(points) - 1) // (count - 1)] for i in range(count)]
