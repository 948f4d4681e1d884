"""What the choices of a spec become on this family of layouts, where its rules are not those of 0.6 to 0.9.

A spec is written once; these notes are how the dry run says where a release answers by rules of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model.op import Op, Query, key_params, varying_params
from ...spec.model import Nesting
from ..common.grid_notes import grid_notes
from .facts import OpOwnedFacts

NEAREST = "the nearest measured point"


def query_notes(op: Op, facts: OpOwnedFacts) -> list[str]:
    """Notes for the step that adds the queries."""
    notes = [_empirical(op)]
    seen: set[int] = set()
    for query in op.queries:
        if id(query.nesting) not in seen:
            seen.add(id(query.nesting))
            notes += _nesting(query, facts)
    if op.spec.missing == "sol":
        notes.append(
            '`missing: sol`: SILICON, HYBRID and EMPIRICAL give the SOL, tagged "sol", where nothing is measured.'
        )
    return notes


def _empirical(op: Op) -> str:
    scale = op.spec.empirical
    said = f"{scale:g}" if isinstance(scale, (int, float)) else ", ".join(f"{p} {op.empirical(p):g}" for p in op.phases)
    nothing = "" if op.spec.missing == "sol" else "; without any measurement it raises EmpiricalNotImplementedError"
    return (
        f"The empirical scale of the spec ({said}) is not used: EMPIRICAL is SOL over the utilization that was "
        f"measured at the nearest points{nothing}."
    )


def _nesting(query: Query, facts: OpOwnedFacts) -> list[str]:
    return [*_table(query, facts), *(f"{query.subject}: {text}" for text in _keys(query.nesting))]


def _table(query: Query, facts: OpOwnedFacts) -> list[str]:
    nesting = query.nesting
    axes = ", ".join(a.axis for a in nesting.axes)
    if facts.engine == "perf_interp":
        return [f"{query.subject} ({axes}): {text}" for text in grid_notes(nesting, NEAREST)]
    if nesting.pre_interpolate is None:
        return []
    grid = "the grid after pre-interpolation, as upstream's ops do"
    return [f"{query.subject}: EMPIRICAL takes the utilization from {grid}."]


def _keys(nesting: Nesting) -> Iterator[str]:
    """What EMPIRICAL, which is SOL / scale on older releases, takes from a table of other params than those asked for:
    `varying_params` says which of them the SOL of a sample varies with."""
    for key in nesting.keys:
        names = ", ".join(key_params(key))
        if varying_params(key):
            word = "fallback" if key.fallback is not None else "nearest" if key.nearest else "alike"
            yield (
                f"`{word}` of {names}: where the key asked for was not measured, EMPIRICAL takes the utilization of "
                "the one in its place, by the SOL of that one, and scales the SOL asked for with it; SILICON gives its "
                "latency."
            )
        elif key.lookup is not None:
            yield (
                f"`lookup` of {names}: EMPIRICAL holds what was measured for the key looked up against the SOL of the "
                "params asked for, so that at a measured point it is SILICON's latency."
            )


def cp_note(op: Op, facts: OpOwnedFacts) -> str | None:
    """How the op takes part in context parallelism, where the release has it."""
    if not facts.seq_split or "context" not in op.phases:
        return None
    if op.tokens:
        return "Context parallelism: the op divides its tokens by seq_split, rounded up (_CP_AWARE)."
    return (
        "Context parallelism: batch and sequence count separately, which a share of the tokens can't express; with "
        "seq_split > 1 the op refuses, as upstream's own do."
    )


def engine_note(falls_back: bool) -> str:
    """What the opt-in Rust step does with an op that it has no operator for."""
    rust = "engine_step_backend=rust"
    if falls_back:
        return (
            f"{rust}: the compiled engine has no operator for this op, so a model that has it is answered by the "
            "Python step as a whole, with a warning; compile_engine() refuses such a model."
        )
    return f"{rust} refuses a model that has this op (OpConversionError); the default Python step answers."
