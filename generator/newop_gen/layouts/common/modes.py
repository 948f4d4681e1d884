"""Quant modes that a spec names and a tree does not have: refused before anything is planned."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...model.op import Op
from ...problems import CheckoutRefused, Place, Problem
from ...sol.quants import Quant, canonical
from ...sol.tree import Expr, Mode, walk


def check_modes(op: Op, quants: Mapping[str, Quant], spec_path: Path) -> None:
    """Raises `CheckoutRefused` with every mode that no quant enum of the tree has. A layout that reads none of them
    holds nothing against any."""
    missing = dict.fromkeys(name for name in _named(op) if quants and name not in quants)
    if missing:
        raise CheckoutRefused(
            Problem(
                Place(str(spec_path)),
                f"{op.name} names the quant mode {name}, which this checkout does not have",
                f"one of {', '.join(sorted(quants))}",
                _nearest(name, quants),
                "mode-missing",
            )
            for name in missing
        )


def _named(op: Op) -> Iterator[str]:
    for param in op.quant_params.values():
        yield from map(canonical, param.modes)
    for phase in op.phases:
        formula = op.formula(phase)
        expressions: list[Expr | None] = [e for _, e in formula.lets]
        for part in formula.parts:
            expressions += [part.flops, part.precision, part.bytes]
        for expression in (*expressions, op.weights(phase)):
            if expression is not None:
                yield from (node.name for node in walk(expression) if isinstance(node, Mode))
        for key in op.nesting(phase).keys:
            if key.fallback is not None and key.param in op.quant_params:
                yield canonical(key.fallback)


def _nearest(name: str, quants: Mapping[str, Quant]) -> str:
    near = difflib.get_close_matches(name, list(quants), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""
