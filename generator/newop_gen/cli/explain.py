"""`newop-gen explain`: where an op's time goes, before anything is collected or applied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..problems import Exit
from .output import caution, emit_json, say
from .tables import on_terminal, show_table

if TYPE_CHECKING:
    from ..explain.analysis import Crossover, Explained
    from ..explain.measured import Measured, MeasuredPoint
    from ..explain.unit import Doubt
    from ..model.op import Op
    from ..problems import Problem

SCHEMA = "newop-gen/explain/1"
SHOWN_OUTLIERS = 5


@click.command("explain", short_help="Show where an op's time goes: FLOPs, bytes, bounds, roofline.")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--system", default="h200_sxm", show_default=True, metavar="NAME", help="The GPU to explain the op on.")
@click.option("--checkout", type=click.Path(path_type=Path), metavar="DIR", help="Take the system from this checkout.")
@click.option(
    "--at", "points", multiple=True, metavar="NAME=VALUE,...", help="A point: b=8,s=4096,param1=3584. Repeatable."
)
@click.option("--sweep", "axis", metavar="NAME", help="Show the op along this axis or int param, in powers of two.")
@click.option("--data", "tables", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="Measured tables, in the order of the op's own (default: those that the spec names).")  # fmt: skip
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Write a roofline as .png or .svg.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON (newop-gen/explain/1).")
def command(
    spec: Path, system: str, checkout: Path | None, points: tuple[str, ...], axis: str | None,
    tables: tuple[Path, ...], plot: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Say, part by part and phase by phase, how many FLOPs and bytes an op takes and which bound wins.

    Also: where the bound changes along each axis, how the op grows along one (--sweep), and, where there is a table,
    how much of the roofline the measurements reach. Params that --at does not give are those of a collected row of
    middling size. No checkout is needed.

    \b
    Examples:
      newop-gen explain specs/new_op.yaml
      newop-gen explain specs/new_op.yaml --system b200_sxm --at b=1,s=1024 --at b=64,s=1024
      newop-gen explain specs/latent_attention.yaml --sweep s --plot roofline.svg
    """
    from ..data.named import check_files, check_tables
    from ..explain.analysis import crossovers, explain_at
    from ..explain.analysis import sweep as sweep_of
    from ..explain.measured import measured_tables, typical_values
    from ..explain.points import for_phase, parse_points, run_time_names
    from ..explain.systems import find_system
    from ..model.loaded import load_op
    from ..problems import Place, Problem, SpecError
    from ..sol.evaluate import SolValueError

    loaded = load_op(spec)
    # Of the spec's warnings only what these numbers depend on.
    caution(warning for warning in loaded.warnings if warning.code == "sol-placeholder")
    op = loaded.op
    where = find_system(system, checkout)
    files = _files(op, loaded.path, tables)
    check_tables([loaded]) if not tables else check_files(op, files)
    asked = parse_points(op, points, typical_values(op, files))
    axes = [n for n in (*run_time_names(op), *op.params) if n not in op.quant_params and n != "prefix"]
    axes = [n for n in axes if n not in op.params or op.params[n].type == "int"]
    if axis is not None and axis not in axes:
        raise SpecError(Problem(Place("--sweep"), f"no axis {axis!r}", ", ".join(axes), "", "sweep"))
    explained, crossings, swept = [], [], []
    for values in asked:
        for phase in op.phases:
            try:
                explained.append(explain_at(op, phase, values, where))
            except SolValueError as error:
                raise SpecError(
                    Problem(Place("--at"), f"the formula has no value there: {error}", "", "", "at")
                ) from None
            own = for_phase(op, phase, values)
            crossings += [
                (phase, c) for a in run_time_names(op) if a != "prefix" for c in crossovers(op, phase, own, where, a)
            ]
            swept += list(sweep_of(op, phase, own, where, axis)) if axis else []
    measured = measured_tables(op, files, where)
    doubts = [_doubt(op, m, where.name) for m in measured]
    caution(dict.fromkeys(_doubted(op, m, doubt, files) for m, doubt in zip(measured, doubts) if doubt))
    if plot is not None:
        from ..explain.plot import plot_roofline

        plot_roofline(plot, f"{op.name} on {where.name}", where, explained, measured)
    if as_json:
        emit_json(_data(op, where.name, where.source, explained, crossings, swept, list(zip(measured, doubts))))
        return Exit.DONE
    say(f"{op.name} on {where.name} ({where.source}): {op.spec.summary}")
    for e in explained:
        _tell_point(e, where.ridge(e.peak) if e.peak else None)
        for phase, crossing in crossings:
            if phase == e.phase and len(asked) == 1:
                say(
                    f"  along {crossing.axis}: {crossing.before} bound up to {crossing.below}, "
                    f"{crossing.after} bound from {crossing.above}"
                )
    if axis:
        _tell_sweep(axis, swept)
    for m, doubt in zip(measured, doubts):
        _tell_measured(m, doubt)
    if plot is not None:
        say(f"roofline: {plot}")
    return Exit.DONE


def _files(op: Op, spec: Path, tables: tuple[Path, ...]) -> dict[str, Path]:
    """The file of each table: those given, in order, else the first that the spec names for it and that is there."""
    if tables:
        return {table.member: path for table, path in zip(op.tables, tables)}
    from ..explain.measured import spec_tables

    return spec_tables(op, spec)


def _tell_point(e: Explained, ridge: float | None) -> None:
    from ..explain.points import describe

    say("")
    say(f"{e.phase} at {describe(e.values)}")
    head = ("part", "FLOPs", "bytes", "FLOPs/byte", "compute ms", "memory ms", "share")
    rows = [
        (
            part.name, _number(part.flops), _number(part.bytes),
            _number(part.flops / part.bytes if part.flops is not None and part.bytes else None),
            _number(part.math), _number(part.mem), f"{e.share(part):.0%}",
        )
        for part in e.times.parts
    ]  # fmt: skip
    rows.append(("all", _number(e.flops), _number(e.bytes), _number(e.intensity), _number(e.times.math),
                 _number(e.times.mem), ""))  # fmt: skip
    if on_terminal():
        show_table(head, rows)
    else:
        for row in (head, *rows):
            say(f"  {row[0]:<20} {row[1]:>12} {row[2]:>12} {row[3]:>11} {row[4]:>12} {row[5]:>12} {row[6]:>6}".rstrip())
    edge = f", the ridge is at {_number(ridge)} FLOPs/byte" if ridge is not None else ""
    say(f"  {e.bound} bound{edge}: SOL {_number(e.times.sol)} ms, empirical {_number(e.empirical)} ms")


def _tell_sweep(axis: str, swept: list[Explained]) -> None:
    for phase in dict.fromkeys(e.phase for e in swept):
        own = [e for e in swept if e.phase == phase]
        say("")
        if len(own) > 1 and len({(e.times.sol, e.times.math, e.times.mem) for e in own}) == 1:
            sol, last = _number(own[0].times.sol), own[-1].values[axis]
            say(f"{phase} does not depend on {axis}: SOL {sol} ms from {axis}={own[0].values[axis]} to {axis}={last}")
            continue
        say(f"{phase} along {axis}")
        head = (axis, "SOL ms", "compute ms", "memory ms", "FLOPs/byte", "bound")
        rows = [
            (
                str(e.values[axis]), _number(e.times.sol), _number(e.times.math), _number(e.times.mem),
                _number(e.intensity), e.bound,
            )
            for e in own
        ]  # fmt: skip
        if on_terminal():
            show_table(head, rows, left=0)
        else:
            for row in (head, *rows):
                say(f"  {row[0]:>10} {row[1]:>12} {row[2]:>12} {row[3]:>12} {row[4]:>11}  {row[5]}")


def _doubt(op: Op, m: Measured, system: str) -> Doubt | None:
    """Whether the latency is likely in another unit. A placeholder formula says nothing about it."""
    from ..explain.measured import is_placeholder
    from ..explain.unit import by_itself, by_roofline

    unit = op.nesting(m.phase).latency.unit
    if is_placeholder(op):
        return by_itself((p.latency for p in m.points), unit)
    return by_roofline((p.utilisation for p in m.points), unit, system)


def _doubted(op: Op, m: Measured, doubt: Doubt, files: Mapping[str, Path]) -> Problem:
    from ..problems import Place

    path = next((path for path in files.values() if path.name == m.file), Path(m.file))
    return doubt.problem(op.nesting(m.phase).latency.column, Place(str(path)))


def _tell_measured(m: Measured, doubt: Doubt | None) -> None:
    say("")
    say(f"{m.phase}, measured in {m.file}: {len(m.points)} points, {m.repeated} repeated rows left out")
    say(f"  they reach {_share(m.median)} of the roofline (median), {_range(m.points)}")
    if doubt:
        return  # each point would be named for the same reason
    for p in m.outliers[:SHOWN_OUTLIERS]:
        from ..explain.points import describe

        why = (
            "faster than its SOL: the formula counts too much"
            if p.utilisation > 1
            else "far below its smaller neighbour"
        )
        say(f"  {m.file}:{p.line}: {p.utilisation:.0%} at {describe(p.explained.values)}, {why}")
    if len(m.outliers) > SHOWN_OUTLIERS:
        say(f"  and {len(m.outliers) - SHOWN_OUTLIERS} more outliers (--json lists all)")


def _range(points: tuple[MeasuredPoint, ...]) -> str:
    return f"{_share(min(p.utilisation for p in points))} to {_share(max(p.utilisation for p in points))}"


def _share(value: float) -> str:
    return f"{value:.0%}" if value >= 0.1 else f"{100 * value:.2g}%"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _data(
    op: Op, system: str, source: str, explained: list[Explained], crossings: list[tuple[Any, Crossover]],
    swept: list[Explained], measured: list[tuple[Measured, Doubt | None]],
) -> dict[str, Any]:  # fmt: skip
    from ..review.report import tool

    return {
        "schema": SCHEMA,
        "tool": tool(),
        "op": op.name,
        "system": {"name": system, "source": source},
        "points": [_point(e) for e in explained],
        "crossovers": [
            {"phase": phase, "axis": c.axis, "below": c.below, "above": c.above, "before": c.before, "after": c.after}
            for phase, c in crossings
        ],
        "sweep": [_point(e) for e in swept],
        "measured": [
            {
                "phase": m.phase, "file": m.file, "points": len(m.points), "repeated": m.repeated,
                "median_utilisation": m.median,
                "unit_doubt": {"unit": doubt.unit, "likely": doubt.likely, "factor": doubt.factor} if doubt else None,
                "outliers": [{"line": p.line, "utilisation": p.utilisation, "latency_ms": p.latency,
                              "at": dict(p.explained.values)} for p in m.outliers],
            }
            for m, doubt in measured
        ],
    }  # fmt: skip


def _point(e: Explained) -> dict[str, Any]:
    return {
        "phase": e.phase, "at": dict(e.values), "bound": e.bound, "intensity": e.intensity,
        "sol_ms": e.times.sol, "compute_ms": e.times.math, "memory_ms": e.times.mem, "empirical_ms": e.empirical,
        "parts": [
            {"name": p.name, "flops": p.flops, "bytes": p.bytes, "peak_flops": p.peak, "compute_ms": p.math,
             "memory_ms": p.mem, "share": e.share(p)}
            for p in e.times.parts
        ],
    }  # fmt: skip
