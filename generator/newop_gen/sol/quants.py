"""Quantisation modes as the language knows them.

The names are those of the quant-mode enums in `sdk/common.py` of aiconfigurator 0.6 to 0.11. The 16-bit mode is called
`float16` up to 0.8 and `bfloat16` from 0.9 on; here it is one mode with the canonical name `bfloat16`.

`memory` is bytes per element and `compute` the factor on the 16-bit peak, both of 0.11. A release may differ (`nvfp4`
is 0.5 bytes up to 0.7, scales not counted), so that whoever evaluates against a checkout passes the checkout's modes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SIXTEEN_BIT = "bfloat16"
SIXTEEN_BIT_NAMES = frozenset({"bfloat16", "float16"})


@dataclass(frozen=True)
class Quant:
    """A mode: bytes per element, and its peak FLOPS as a multiple of the 16-bit peak (0: nothing is computed in it).

    `computes_in` is the type whose peak counts for it, in trees whose modes say so (`bfloat16`, `int8`, `fp8`, `fp4`).
    """

    name: str
    memory: float
    compute: float
    computes_in: str | None = None


def canonical(name: str) -> str:
    """The one name of a mode that has two."""
    return SIXTEEN_BIT if name in SIXTEEN_BIT_NAMES else name


MODES: Mapping[str, Quant] = MappingProxyType(
    {
        quant.name: quant
        for quant in (
            Quant("bfloat16", 2, 1),
            Quant("int8_wo", 1, 1),
            Quant("int4_wo", 0.5, 1),
            Quant("fp8", 1, 2),
            Quant("fp8_static", 1, 2),
            Quant("sq", 1, 2),
            Quant("fp8_block", 1, 2),
            Quant("fp8_ootb", 1, 2),
            Quant("nvfp4", 9 / 16, 4),
            Quant("w4afp8", 0.5, 2),
            Quant("w4a16_mxfp4", 0.5, 1),
            Quant("w4a8_mxfp4_mxfp8", 0.5, 2),
            Quant("w4a8_mxfp4_mxfp8_trtllm", 0.5, 2),
            Quant("w4a16_mxfp4_cutlass", 0.5, 1),
            Quant("int8", 1, 0),
            Quant("half", 2, 0),
        )
    }
)

_MOE_ONLY = frozenset({"w4afp8", "w4a16_mxfp4", "w4a8_mxfp4_mxfp8", "w4a8_mxfp4_mxfp8_trtllm", "w4a16_mxfp4_cutlass"})


def enum_class(name: str) -> str:
    """The enum of the target that a mode used as a literal is taken from: the first that has it, GEMM before the rest.

    It matters for the compute factor: `fp8` of `GEMMQuantMode` computes at twice the 16-bit peak, that of
    `KVCacheQuantMode` not at all.
    """
    if name in _MOE_ONLY:
        return "MoEQuantMode"
    return {"int8": "KVCacheQuantMode", "half": "CommQuantMode"}.get(name, "GEMMQuantMode")


MODE_NAMES = frozenset(MODES) | SIXTEEN_BIT_NAMES
"""Every bare name that means a mode when no param has it."""

IDLE_MODES = frozenset(name for name, quant in MODES.items() if not quant.compute)
"""Modes that only store or move data, and have no peak FLOPS."""
