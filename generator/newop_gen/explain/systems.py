"""The GPU that an op is explained on: from a checkout's `systems/<name>.yaml`, or from a small built-in set."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..problems import Place, Problem, SpecError
from ..sol.evaluate import Gpu
from ..sol.quants import MODES, Quant

# Vendor figures: memory bandwidth in bytes/s; dense tensor FLOPS at 16 bits, and at fp8 and fp4 where there are any.
BUILT_IN: Mapping[str, Gpu] = MappingProxyType(
    {
        "a100_sxm": Gpu(2.039e12, {1: 312e12}),
        "h100_sxm": Gpu(3.35e12, {1: 989e12, 2: 1978e12}),
        "h200_sxm": Gpu(4.8e12, {1: 989e12, 2: 1978e12}),
        "b200_sxm": Gpu(8e12, {1: 2250e12, 2: 4500e12, 4: 9000e12}),
        "gb200": Gpu(8e12, {1: 2500e12, 2: 5000e12, 4: 10000e12}),
        "l40s": Gpu(0.864e12, {1: 362.05e12, 2: 733e12}),
    }
)


@dataclass(frozen=True)
class System:
    """One GPU: its peaks, the quant modes that count on it, and where the figures come from."""

    name: str
    gpu: Gpu
    modes: Mapping[str, Quant]
    source: str

    def ridge(self, peak: float) -> float:
        """FLOPs per byte at which compute at `peak` and memory take the same time."""
        return peak / self.gpu.mem_bw


def find_system(name: str, checkout: Path | None) -> System:
    """Raises `SpecError` for a system that the checkout, or the built-in set, does not have, or whose figures are none;
    `CheckoutRefused` for a description that is no YAML."""
    if checkout is None:
        if name not in BUILT_IN:
            raise _unknown(name, list(BUILT_IN), "built in: ")
        return System(name, BUILT_IN[name], MODES, "built-in figures")
    from ..checkout.tree import Tree
    from ..layouts import detect

    tree = Tree.open(checkout)
    layout = detect(tree).layout
    folder = tree.places.systems
    path = tree.root / folder / f"{name}.yaml"
    if not path.is_file():
        raise _unknown(name, [n[:-5] for n in tree.listdir(folder) if n.endswith(".yaml")], f"in {folder}: ")
    try:
        described = _figures(tree.document(f"{folder}/{name}.yaml"))
        gpu = Gpu.from_system(described) if layout is None else Gpu.from_system(described, layout.rules(tree).peak)
    except (KeyError, TypeError) as error:
        raise SpecError(
            Problem(Place(str(path)), f"the system can't be read ({error})", "mem_bw and a 16-bit peak", "", "system")
        ) from None
    return System(name, gpu, MODES if layout is None else layout.facts(tree).modes, f"{folder}/{name}.yaml")


def _figures(described: Any) -> Mapping[str, Any]:
    """A description whose figures of the GPU are numbers. Raises `TypeError` for another, `KeyError` without any."""
    gpu = described["gpu"]
    if not isinstance(gpu, Mapping):
        raise TypeError("gpu is no mapping")
    for key, value in gpu.items():
        if (key == "mem_bw" or str(key).endswith("_tc_flops")) and not isinstance(value, (int, float)):
            raise TypeError(f"{key} is {str(value)[:40]!a}, which is no number")
    return {**described}


def _unknown(name: str, known: list[str], where: str) -> SpecError:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else ""
    return SpecError(Problem(Place("--system"), f"no system {name!r}", where + ", ".join(known), hint, "system"))
