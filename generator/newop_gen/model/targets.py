"""Named target lists of pre-interpolation: the grids that upstream fills in for its own attention tables.

Each list is a value and the shortest Python that says it, so that a reader of the generated code sees a grid and not
fifty numbers. Source: the pre-interpolation blocks of `PerfDatabase.__init__` (0.6 to 0.9), lists S50, S49, Bc13,
Bg14, Sg20 and N24.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TargetList:
    """Grid values along one axis, and the display that the generated code uses."""

    values: tuple[int, ...]
    display: tuple[str, ...]


def _sequence(first: tuple[int, ...]) -> TargetList:
    steps = ((4096, 32768, 2048), (32768, 131072, 16384), (131072, 524288, 32768), (524288, 1114112, 65536))
    values = first + tuple(v for step in steps for v in range(*step))
    return TargetList(values, (*map(str, first), *(f"*range({a}, {b}, {c})" for a, b, c in steps)))


def _plain(values: tuple[int, ...]) -> TargetList:
    return TargetList(values, tuple(map(str, values)))


NAMED: dict[str, TargetList] = {
    "context_sequence": _sequence((1, 16, 32, 64, 128, 256, 512, 1024, 2048)),
    "context_sequence_16": _sequence((16, 32, 64, 128, 256, 512, 1024, 2048)),
    "context_batch": _plain((1, 2, 4, 8, 16, 32, 64, 128, 256, 384, 512, 1024, 2048)),
    "generation_batch": _plain((1, 2, 4, 8, 16, 32, 64, 128, 256, 384, 512, 1024, 2048, 8192)),
    "generation_sequence": _plain((*(2**i for i in range(19)), 16777216)),
    "heads": _plain((1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 72, 96, 128)),
}
