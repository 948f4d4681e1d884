"""The roofline with an op's points, as SVG or PNG. Needs matplotlib, which only this asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..problems import IoFault, Place, Problem, SpecError
from .analysis import Explained
from .measured import Measured
from .systems import System

SUFFIXES = (".png", ".svg")


def plot_roofline(
    path: Path, title: str, system: System, explained: Sequence[Explained], measured: Sequence[Measured]
) -> None:
    """FLOPS over intensity, both logarithmic: the roofs, the explained points on them, measured points below.

    Raises `SpecError` for another suffix or without matplotlib, `IoFault` when the file can't be written.
    """
    if path.suffix not in SUFFIXES:
        raise SpecError(
            Problem(Place("--plot"), f"a plot as {path.suffix or 'no suffix'}", "a .png or .svg file", "", "plot")
        )
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib.figure import Figure
    except ImportError:
        raise SpecError(
            Problem(Place("--plot"), "matplotlib is not installed", "", "pip install 'newop-gen[plot]'", "plot")
        ) from None
    matplotlib.rcParams["svg.hashsalt"] = "newop-gen"  # the same input gives the same file
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes: Any = figure.add_subplot()
    drawn = [e for e in explained if e.intensity and e.times.math]
    clouds = [(m, [p for p in m.points if p.explained.intensity and p.latency > 0]) for m in measured]
    everything = [e.intensity or 1 for e in drawn] + [p.explained.intensity or 1 for _, ps in clouds for p in ps]
    _roofs(axes, system, [*everything, 1.0, 2 * system.ridge(max(system.gpu.flops.values()))])
    for e in drawn:
        axes.plot(
            e.intensity, e.flops / e.times.sol * 1000, "o", markersize=8, label=f"{e.phase}: SOL, {e.bound} bound"
        )
    for m, points in clouds:
        axes.plot(
            [p.explained.intensity for p in points],
            [p.explained.flops / p.latency * 1000 for p in points],
            ".", markersize=4, alpha=0.6, label=f"{m.phase}: measured ({m.file})",
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="intensity [FLOPs/byte]", ylabel="FLOPS", title=title)
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend(fontsize="small")
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=120)
    except OSError as error:
        raise IoFault(
            Problem(Place(str(path)), f"the plot can't be written ({error.strerror})", "", "", "plot")
        ) from None


def _roofs(axes: Any, system: System, intensities: Sequence[float]) -> None:
    low, high = min(intensities) / 2, max(intensities) * 2
    names = {1: "16-bit", 2: "fp8", 4: "fp4"}
    bandwidth, top = system.gpu.mem_bw, max(system.gpu.flops.values())
    axes.plot([low, top / bandwidth], [low * bandwidth, top], color="black", label=f"{system.name}: memory")
    for factor, peak in sorted(system.gpu.flops.items()):
        end = max(high, peak / bandwidth)
        axes.plot([peak / bandwidth, end], [peak, peak], color="black", linestyle="--", linewidth=1)
        axes.annotate(names.get(int(factor), f"{factor:g}x"), (end, peak), ha="right", va="bottom", fontsize="small")
