"""Why a compiled op answers otherwise than upstream's own: each rule is held against the numbers, or upstream's text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .kinds import EMPIRICAL, HYBRID, SILICON, SOL, Point
from .points import measured
from .tables import read_rows

if TYPE_CHECKING:
    from .engine import Asked

MODES = (SOL, EMPIRICAL, SILICON, HYBRID)
TABLE_MODES = (SILICON, HYBRID)
SAME = 1e-12
DELTA = {n: n for n in ("d_model", "num_k_heads", "head_k_dim", "num_v_heads", "head_v_dim", "d_conv")}

Outcome = Mapping[str, Any]
"""latency (ms), energy (W*ms), source; or the error."""


@dataclass(frozen=True)
class Rule:
    """A deliberate difference: why, where upstream's side of it stands in the crate, and how to tell."""

    name: str
    why: str
    place: str
    modes: tuple[str, ...]
    check: Callable[[Asked, Point, Outcome, Outcome], bool]

    def where(self, release: str) -> list[str]:
        return [self.place]


def equal(theirs: Outcome, ours: Outcome) -> bool:
    """Both answered, latency and energy the same within 1e-12."""
    if "error" in theirs or "error" in ours:
        return False
    pairs = [(theirs[n], ours[n]) for n in ("latency", "energy")]
    return all(abs(a - b) <= SAME * max(abs(a), abs(b)) for a, b in pairs)


def _lost(asked: Asked, point: Point, theirs: Outcome, ours: Outcome) -> bool:
    """Upstream gives the SOL, as a source and as a number, where ours gives a measurement."""
    [(_, _, sol)] = asked.ask([point], SOL)
    sources = theirs.get("source"), ours.get("source")
    return sources == ("sol", "silicon") and equal({**theirs, "energy": 0.0}, {**sol, "energy": 0.0})


def _sixteen_bit_only(asked: Asked, point: Point, theirs: Outcome, ours: Outcome) -> bool:
    text = theirs.get("error", {}).get("text", "")
    return point["fmha_quant_mode"] != "bfloat16" and "only supports FMHAQuantMode.bfloat16" in text


def _stands_in(asked: Asked, point: Point, theirs: Outcome, ours: Outcome) -> bool:
    """The configuration was not collected, and for each that could stand in both agree."""
    here = (point["kernel_source"], point["d_model"])
    found = [c for c in asked.configurations if (c["kernel_source"], c["d_model"]) == here]
    if not found or any(all(point[n] == c[n] for n in DELTA) for c in found):
        return False
    return all(equal(a, b) for _, a, b in asked.ask([{**point, **c} for c in found], SILICON))


def _substituted(asked: Asked, point: Point, theirs: Outcome, ours: Outcome) -> bool:
    """The mode has no table. Ours is the estimate of the 16-bit one, times the ratio of both SOLs; upstream's is what
    its 16-bit one is, but for how its samples are weighed."""
    sixteen = {**point, "quant_mode": "bfloat16"}
    [(_, a, _), (_, b, _)] = asked.ask([point, sixteen], SILICON)
    [(_, _, sol), (_, _, sol_sixteen)] = asked.ask([point, sixteen], SOL)
    [(_, _, estimate)] = asked.ask([sixteen], EMPIRICAL)
    if "error" in estimate or "error" in ours or not equal(a, b):
        return False
    meant = estimate["latency"] * (sol["latency"] / sol_sixteen["latency"])
    return equal(ours, {**ours, "latency": meant})


def _of_several_models(asked: Asked, point: Point, theirs: Outcome, ours: Outcome) -> bool:
    """Upstream says that it was not told whose rows are meant, or has an estimate from none for that reason."""
    [(_, there, _)] = asked.ask([point], SILICON)
    return "native_heads=None" in there.get("error", {}).get("text", "") and "error" in theirs


def _no_figure(asked: Asked, point: Point, theirs: Outcome, ours: Outcome) -> bool:
    """Upstream says that the system has no figure for the mode, and so does ours where it needs one: in SOL."""
    [(_, _, sol)] = asked.ask([point], SOL)
    return all(side.get("error", {}).get("class") == "MissingSystemFlopsError" for side in (theirs, sol))


def _between_heads(asked: Asked, point: Point, theirs: Outcome, ours: Outcome) -> bool:
    """These heads were not collected; with each that were, both agree."""
    heads = {p["num_heads"] for p in measured(asked.one.replay, read_rows(asked.table))}
    some = [{**point, "quant_mode": "bfloat16", "num_heads": n} for n in sorted(heads)]
    return point["num_heads"] not in heads and all(equal(a, b) for _, a, b in asked.ask(some, SILICON))


LOST = Rule(
    "T1 lost rows",
    "upstream's table of mamba2 has no row of the generation phase, and answers with the SOL",
    "perf_database/state_space.rs: load_mamba2_parquet",
    TABLE_MODES,
    _lost,
)
REFUSED = Rule(
    "refused mode",
    "upstream's class takes bfloat16 alone; the spec has the modes of its tables, and no data for others",
    "py_ops.rs: EncoderAttention",
    MODES,
    _sixteen_bit_only,
)
STAND_IN = Rule(
    "SOL of a stand-in",
    "beyond the measured range upstream scales a stand-in's time by the SOL of what was asked for at both ends; ours "
    "takes the measured point with the SOL of the configuration that it was measured for",
    "operators/mamba.rs: KdaOp::query",
    TABLE_MODES,
    _stands_in,
)
SUBSTITUTED = Rule(
    "mode of the samples",
    "upstream takes the utilisation of a substituted table as if it had been measured in the mode asked for; ours takes "
    "it in the mode of the table",
    "operators/mla.rs: MlaBmmOp",
    (EMPIRICAL,),
    _substituted,
)
SEVERAL = Rule(
    "several models",
    "where a table has blocks of models with other head counts, upstream wants to know which; the spec takes the first row",
    "perf_database/mla.rs: resolve_module_native",
    MODES,
    _of_several_models,
)
NO_FIGURE = Rule(
    "no figure",
    "upstream asks for the system's peak before it looks into a table; ours where the SOL is needed",
    "perf_database/gemm.rs: quant_tc_flops",
    (EMPIRICAL, *TABLE_MODES),
    _no_figure,
)
BETWEEN_HEADS = Rule(
    "heads are an axis",
    "upstream interpolates between numbers of heads; the spec has them as an exact key, as older releases do",
    "perf_database/mla.rs: BMM_AXES",
    (EMPIRICAL, *TABLE_MODES),
    _between_heads,
)
RULES = (LOST, REFUSED, STAND_IN, SUBSTITUTED, SEVERAL, NO_FIGURE, BETWEEN_HEADS)
