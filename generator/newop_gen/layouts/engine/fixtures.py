"""The op among the fixtures of `engine/spec.rs`: one value per variant, which upstream's tests send over the wire."""

from __future__ import annotations

from ...render.document import Doc
from ...render.rust import block, struct, text
from .view import EngineOp, EngineParam, EnginePhase

SIZES = (4096, 32, 128, 64, 8, 16, 2, 1024)
"""Unlike one another, so that fields that change places show."""


def call(phase: EnginePhase) -> str:
    """The element of the list of all variants: an `OpSpec`."""
    return f"{phase.accessor}()"


def render(op: EngineOp) -> str:
    """The functions that give those, at 4 columns, each followed by an empty line."""
    return "".join(f"    {text(_function(phase), 4)}\n\n" for phase in op.phases)


def _function(phase: EnginePhase) -> Doc:
    fields: list[tuple[str, Doc]] = [("name", f'"{phase.instance}".into()'), ("scale_factor", "2.0")]
    fields += [(p.ident, _value(p, number)) for number, p in enumerate(phase.params)]
    fields += [("seq_split", "4")] if phase.seq_split else []
    made: Doc = ("let op = ", struct(f"crate::operators::{phase.struct}", fields), ";")
    return (f"fn {phase.accessor}() -> OpSpec ", block([made, f"OpSpec::{phase.variant}(op)"]))


def _value(param: EngineParam, number: int) -> str:
    if param.type == "int":
        return str(SIZES[number % len(SIZES)] + number // len(SIZES))
    if param.type == "str":
        return f'"{param.name}".into()'
    return f"crate::common::enums::{param.rust}::Fp8"
