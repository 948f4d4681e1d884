"""What a layout tells the wiring about its tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..problems import SpecPlace, spec_place
from ..spec.model import PhaseName

__all__ = ["MIXED_NAMES", "SpecPlace", "WiringFacts", "spec_place"]

MIXED_NAMES: Mapping[PhaseName, str] = {"context": "context_attention", "generation": "generation_attention"}


@dataclass(frozen=True)
class WiringFacts:
    """`model_files`: paths of the model code relative to the root (one `models.py`, or the modules of a package).

    `ops_module` is the name by which those files know the operations. `sixteen_bit` is the release's name of the 16-bit
    mode. `mixed_names` are the op names that mixed (agg) steps cost per request. `width` is the line length.
    `taken_over` are keywords that the op takes over from the call it is placed at, or from the other ops of that list
    (`seq_split`, in releases whose ops know context parallelism).
    """

    model_files: tuple[str, ...]
    sixteen_bit: Literal["float16", "bfloat16"]
    ops_module: str = "ops"
    mixed_names: Mapping[PhaseName, str] = field(default_factory=lambda: MIXED_NAMES)
    width: int = 120
    taken_over: tuple[str, ...] = ()
