"""What a reviewer must know about a wiring before it is written."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..edits.python.find import dotted
from .sites import Site, scale_of

if TYPE_CHECKING:
    from ..model.op import Op
    from ..spec.model import Wiring
    from .facts import WiringFacts
    from .sites import Anchors


def notes_for(
    op: Op, wiring: Wiring, anchors: Anchors, anchor: str, sites: Sequence[Site], facts: WiringFacts
) -> list[str]:
    """How the op counts where that isn't what one would think: mixed steps, composite ops, several places."""
    name = op.instance_name(wiring)
    where = f"{name} in {anchors.model.name}"
    overlaps = any(anchors.flow.in_overlap(site.perch) for site in sites)
    notes = _mixed_steps(op, wiring, name, where, facts, hidden=overlaps)
    if overlaps:
        notes.append(f"{where}: it stands in a group of an OverlapOp, which costs as much as the slower of its groups")
    if "logits_gemm" in name:
        notes.append(f"{where}: backends pass the number of requests instead of tokens (x) to ops of such a name")
    for site in sites:
        notes += _composite(site, anchor, where, replaces=wiring.at.replace is not None)
    if len(sites) > 1 and wiring.scale is not None:
        notes.append(
            f"{where}: {anchor} stands in {len(sites)} places, and the op goes to each with the scale that the spec "
            "gives; leave `scale` out to use that of the op it stands by, should a build take several of them"
        )
    if wiring.scale is None:
        for scale in dict.fromkeys(map(_once, sites)):
            if scale:
                notes.append(f"{where}: its scale is {scale}, as that of {anchor}; say `scale` if it runs once a layer")
    return notes


def _mixed_steps(op: Op, wiring: Wiring, name: str, where: str, facts: WiringFacts, *, hidden: bool) -> list[str]:
    """T6: mixed (agg) steps tell ops apart by the names in the model's own lists, not by those inside groups."""
    per_request = facts.mixed_names[wiring.phase]
    if op.tokens:
        partners = {w.phase for w in op.spec.wiring if set(_names(w.model)) & set(_names(wiring.model))}
        if wiring.phase == "generation" and "context" not in partners and name != per_request:
            return [
                f"{where}: mixed (agg) steps run the context ops over all tokens and leave this op out; "
                "wire it into the context phase too"
            ]
        return []
    if name == per_request and not hidden:
        return []
    remedy = f"; `name: {per_request}` in the wiring has it costed per request"
    if per_request not in _names(wiring.at.replace or ()):
        remedy += ", but then two ops share that name: their times are one line of the breakdown, "
        remedy += "and the op has none of its own"
    if hidden:
        remedy = "; the name of an op in a group is not seen"
    if wiring.phase == "context":
        return [f"{where}: mixed (agg) steps cost it as one merged request, not at each request's shape{remedy}"]
    return [f"{where}: mixed (agg) steps leave its cost out{remedy}"]


def _composite(site: Site, anchor: str, where: str, *, replaces: bool) -> list[str]:
    outer = site.perch.outer
    if outer is None:
        return []
    inside = _name_of(outer)
    if replaces:
        return [f"{where}: {anchor} is one of the alternatives of {inside}; the op counts only when that one is used"]
    return [f"{where}: {anchor} is an alternative of {inside}; the op stands next to {inside} and always counts"]


def _once(site: Site) -> str:
    """The scale of an anchor that is not one of the layers, as text."""
    for call in site.calls:
        scale = scale_of(call, "ops")
        if scale is not None:
            text = ast.unparse(scale)
            parts = (getattr(n, "id", "") or getattr(n, "attr", "") for n in ast.walk(scale))
            names = {part for part in parts if part} - {"self"}
            if names <= {"_mtp_scale_factor", "mtp", "sf"} or any(n.startswith("pp") for n in names):
                return text
    return ""


def _name_of(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else dotted(call.func)


def _names(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
