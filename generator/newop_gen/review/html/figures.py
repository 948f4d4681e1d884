"""An op's figures for the page: where its time goes, the SOL along each axis, the roofline, the measurements.

All of it is what `newop-gen explain` says, at a point in the middle of what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...explain.analysis import Explained, explain_at, sweep
from ...explain.measured import Measured, MeasuredPoint, measured_tables, spec_tables, typical_values
from ...explain.points import Values, for_phase, parse_points, run_time_names
from ...explain.systems import BUILT_IN, System, find_system
from ...model.op import Op
from ...problems import SpecError
from ...sol.evaluate import SolValueError
from ...spec.model import PhaseName
from .chart import Chart, Curve, draw, short

DEFAULT_SYSTEM = "h200_sxm"

# Along an axis without measurements: from 1 to a large prefill, or a large batch.
FARTHEST = {"b": 2**12, "s": 2**17, "x": 2**17}
# Measured points in one plot; more are one blot, and make the page heavy.
MOST_POINTS = 400
FACTORS = {1: "16-bit", 2: "fp8", 4: "fp4"}


@dataclass(frozen=True)
class Figures:
    """The figures of one op on one system. `trouble` says what could not be worked out, in sentences."""

    system: str
    source: str
    points: tuple[Explained, ...]
    charts: tuple[Chart, ...]
    measured: tuple[Measured, ...]
    trouble: tuple[str, ...]


def figures_of(op: Op, spec: Path, checkout: Path | None) -> Figures:
    """The figures of an op on the system of its first data file, else on a built-in one."""
    trouble: list[str] = []
    system = _system(op, checkout)
    measured: list[Measured] = []
    first: Mapping[str, int | str] = {}
    try:
        files = spec_tables(op, spec)
        measured = measured_tables(op, files, system)
        first = typical_values(op, files)
    except SpecError as error:
        trouble += [f"Measurements are left out: {problem.place}: {problem.found}." for problem in error.problems]
    default = parse_points(op, (), first)[0]
    points, charts = [], []
    for phase in op.phases:
        values = _middle(phase, measured) or for_phase(op, phase, default)
        try:
            points.append(explain_at(op, phase, values, system))
        except SolValueError as error:
            trouble.append(f"The {phase} formula has no value at the default point: {error}.")
            continue
        charts += [chart for axis in run_time_names(op) for chart in _along(op, phase, axis, values, system, measured)]
    roofline = _roofline(op, system, points, measured)
    return Figures(
        system.name, system.source, tuple(points), tuple([*charts, roofline] if roofline else charts), tuple(measured),
        tuple(trouble),
    )  # fmt: skip


def _system(op: Op, checkout: Path | None) -> System:
    """The system that the op's first table was measured on: the checkout's own figures, else built-in ones."""
    name = op.spec.data[0].system if op.spec.data else DEFAULT_SYSTEM
    for place in [checkout, None] if checkout is not None else [None]:
        try:
            return find_system(name, place)
        except SpecError:
            continue
    return find_system(name if name in BUILT_IN else DEFAULT_SYSTEM, None)


def _middle(phase: PhaseName, measured: list[Measured]) -> Values | None:
    """A point in the middle of the measured grid, so that measurements lie on the curves."""
    table = next((m for m in measured if m.phase == phase), None)
    if table is None:
        return None
    points = [p for p in table.points if p.path[: -table.axes] == table.points[0].path[: -table.axes]]
    for axis in range(-table.axes, 0):
        values = sorted({p.path[axis] for p in points})  # type: ignore[type-var]
        points = [p for p in points if p.path[axis] == values[len(values) // 2]]
    return dict(points[0].explained.values)


def _along(
    op: Op, phase: PhaseName, axis: str, values: Values, system: System, measured: list[Measured]
) -> Iterator[Chart]:
    """The SOL and its two bounds along an axis; nothing along one that the op does not depend on."""
    if axis == "prefix":
        return
    same = [p for m in measured if m.phase == phase for p in m.points if _lies_along(p, axis, values)]
    reach = max([2 * int(p.explained.values[axis]) for p in same] or [FARTHEST[axis]])
    swept = [e for e in sweep(op, phase, values, system, axis) if int(e.values[axis]) <= reach]
    if len({e.times.sol for e in swept}) < 2:
        return
    at = [float(e.values[axis]) for e in swept]
    measured_at = {int(p.explained.values[axis]): p.latency for p in same}
    curves = [
        Curve("compute bound", "compute", tuple(zip(at, (e.times.math for e in swept)))),
        Curve("memory bound", "memory", tuple(zip(at, (e.times.mem for e in swept)))),
        Curve("SOL", "sol", tuple(zip(at, (e.times.sol for e in swept)))),
        Curve("EMPIRICAL", "empirical", tuple(zip(at, (e.empirical for e in swept)))),
        Curve("measured", "measured", tuple((float(a), v) for a, v in sorted(measured_at.items())), "circle"),
    ]
    rest = ", ".join(f"{name}={value}" for name, value in values.items() if name != axis)
    rows = [
        (
            str(e.values[axis]), _ms(e.times.sol), _ms(e.times.math), _ms(e.times.mem), _ms(e.empirical), e.bound,
            _ms(measured_at.get(int(e.values[axis]))),
        )
        for e in swept
    ]  # fmt: skip
    head = (axis, "SOL ms", "compute ms", "memory ms", "EMPIRICAL ms", "bound", "measured ms")
    last = swept[-1]
    about = (
        f"Time in ms of {phase} {op.name} for {axis} from {swept[0].values[axis]} to {last.values[axis]}, both axes "
        f"logarithmic. SOL goes from {_ms(swept[0].times.sol)} to {_ms(last.times.sol)} ms and is {last.bound} bound "
        f"at the end; {len(measured_at)} measured points."
    )
    chart = draw(
        f"{op.name}-{phase}-{axis}", f"{phase} along {axis}, at {rest}", about, (axis, "ms"), curves, head, rows
    )
    if chart is not None:
        yield chart


def _lies_along(point: MeasuredPoint, axis: str, values: Values) -> bool:
    own = point.explained.values
    return all(own.get(name) == value for name, value in values.items() if name != axis)


def _roofline(op: Op, system: System, points: list[Explained], measured: list[Measured]) -> Chart | None:
    """The system's roofs, the op's points on them, the measured points below."""
    clouds = [
        (m.phase, [(p.explained.intensity, p.explained.flops / p.latency * 1000) for p in _some(m.points)
                   if p.explained.intensity and p.latency > 0])
        for m in measured
    ]  # fmt: skip
    own = [
        (e, (e.intensity, e.flops / e.times.sol * 1000))
        for e in points
        if e.intensity and e.flops and e.times.sol
    ]  # fmt: skip
    if not own:
        return None
    everything = [*points, *(p.explained for m in measured for p in m.points)]
    peaks = {part.peak for e in everything for part in e.times.parts if part.peak} or {system.gpu.flops[1]}
    xs = [x for _, cloud in clouds for x, _ in cloud] + [point[0] for _, point in own]
    low = min([*xs, system.ridge(min(peaks)) / 4]) / 2
    high = max([*xs, system.ridge(max(peaks)) * 4]) * 2
    top = (system.ridge(max(peaks)), max(peaks))
    curves = [
        Curve("memory bandwidth", "bandwidth", ((low, low * system.gpu.mem_bw), top)),
        *(Curve(f"{_peak_name(system, peak)} peak", "roof", ((system.ridge(peak), peak), (high, peak)))
          for peak in sorted(peaks)),
        *(Curve(f"{phase}, measured", phase, tuple(cloud), "cross") for phase, cloud in clouds),
        *(Curve(f"{e.phase}, SOL", e.phase, (point,), "square") for e, point in own),
    ]  # fmt: skip
    head = ("phase", "FLOPs/byte", "FLOPS at SOL", "bound", "reached by measurements (median)")
    medians = {m.phase: f"{m.median:.0%}" for m in measured}
    rows = [(e.phase, short(x), short(y), e.bound, medians.get(e.phase, "-")) for e, (x, y) in own]
    about = "; ".join(f"{e.phase} is {e.bound} bound at {short(x)} FLOPs per byte" for e, (x, _) in own)
    return draw(
        f"{op.name}-roofline", f"Roofline of {op.name} on {system.name}",
        f"FLOPS over FLOPs per byte, both axes logarithmic: {about}.", ("FLOPs per byte", "FLOPS"), curves, head, rows,
    )  # fmt: skip


def _some(points: tuple[MeasuredPoint, ...]) -> tuple[MeasuredPoint, ...]:
    """At most `MOST_POINTS`, evenly taken."""
    return points[:: -(-len(points) // MOST_POINTS)] if len(points) > MOST_POINTS else points


def _peak_name(system: System, peak: float) -> str:
    for factor, flops in system.gpu.flops.items():
        if flops == peak:
            return FACTORS.get(int(factor), f"{factor:g}x")
    return f"{peak / system.gpu.flops[1]:g}x"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
