"""What a release that answers from measured points alone makes of a nesting's choices."""

from __future__ import annotations

from ...spec.model import Nesting


def grid_notes(nesting: Nesting, held: str) -> list[str]:
    """Notes on the nesting of a query. `held` says of which points the utilization is held beyond the measured
    range."""
    method = f"`method: {nesting.method}`"
    if nesting.method == "bilinear" or (nesting.method == "linear" and len(nesting.axes) == 1):
        same = "inside the grid the same answer"
        notes = [f"{method} is perf_interp's grid, linear in one axis after the other: {same}."]
    else:
        notes = [f"{method} becomes perf_interp's grid, linear in one axis after the other."]
    notes.append(
        f"`outside: {nesting.outside}` becomes perf_interp's rule: beyond the measured range the utilization of {held} "
        "is held, and SOL carries the growth."
    )
    targets = nesting.pre_interpolate
    if targets is not None:
        notes.append("`pre_interpolate` adds no points: queries are answered from measured ones alone.")
        if targets.sqrt_second_axis:
            notes.append(f"`sqrt_second_axis` is perf_interp's square-root transform along {nesting.axes[1].axis}.")
    return notes
