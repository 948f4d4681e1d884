"""`newop-gen data`: a perf table against its spec, and into a checkout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..problems import Exit
from .output import complain, counted, emit_json, reading_tables, remark, say, wanted

if TYPE_CHECKING:
    from ..data.check import Checked
    from ..explain.systems import System
    from ..model.op import Op, Table
    from ..spec.model import PhaseName
    from ..tables.raw import Reading
    from ..write.apply import Receipt

SHOWN_DETAILS = 5

_file = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
_spec = click.option("--spec", required=True, type=click.Path(path_type=Path), metavar="SPEC", help="The op's spec.")
_phase = click.option("--phase", type=click.Choice(["context", "generation"]), help="The phase that the table is of.")


@click.group("data", short_help="Check a perf table against its spec, or put one into a checkout.")
def command() -> None:
    """Check a perf table (CSV or parquet) against its spec, or put one into a checkout.

    \b
    Examples:
      newop-gen data check my_op_perf.csv --spec my_op.yaml
      newop-gen data add my_op_perf.csv --spec my_op.yaml --checkout . --system h200_sxm --backend vllm --version newest
    """


@command.command("check", short_help="Say what is wrong, lost or odd in a table.")
@_file
@_spec
@click.option("--system", "systems", multiple=True, metavar="NAME",
              help="Hold points against SOL on this GPU. Repeatable (default: the table's or spec's).")  # fmt: skip
@click.option("--checkout", type=click.Path(path_type=Path), metavar="DIR", help="Take the systems from this checkout.")
@_phase
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON (newop-gen/data-check/1).")
def check_command(
    file: Path, spec: Path, systems: tuple[str, ...], checkout: Path | None, phase: PhaseName | None, as_json: bool
) -> int:
    """Check the table in FILE: columns and types, modes, repeated points, holes in the grid, latencies and power,
    points that are faster than their SOL or fall behind their neighbours.

    Exit code 1 when anything was found. An error keeps rows from being loaded; a warning is loaded as the spec says.

    \b
    Examples:
      newop-gen data check my_op_perf.csv --spec my_op.yaml
      newop-gen data check my_op_generation_perf.parquet --spec my_op.yaml --system h200_sxm --json
    """
    from ..data.report import report

    with reading_tables():
        op, table, reading, gpus = _read(file, spec, systems, checkout, phase)
        checked = _checked(op, table, reading, gpus)
    code = Exit.FOUND if checked.findings else Exit.DONE
    if as_json:
        names = [gpu.name for gpu in gpus]
        emit_json(report(checked, file=file, op=op.name, table=table.member, systems=names, exit_code=code))
        return code
    _tell(checked, file)
    return code


@command.command("add", short_help="Put a table where a checkout looks for it.")
@_file
@_spec
@click.option("--checkout", required=True, type=click.Path(path_type=Path), metavar="DIR",
              help="A checkout that the op is applied to.")  # fmt: skip
@click.option("--system", required=True, metavar="NAME", help="The system directory, such as h200_sxm.")
@click.option("--backend", required=True, type=click.Choice(["trtllm", "sglang", "vllm"], case_sensitive=False),
              help="The backend.")  # fmt: skip
@click.option("--version", required=True, metavar="DIR", help="The backend's version directory, or `newest`.")
@_phase
@click.option("--dry-run", is_flag=True, help="Make every check, say what would change, and write nothing.")
def add_command(
    file: Path, spec: Path, checkout: Path, system: str, backend: str, version: str, phase: PhaseName | None,
    dry_run: bool,
) -> int:  # fmt: skip
    """Put the table in FILE where the checkout looks for it, as text or parquet, with the sidecar where there is one.

    It is checked first; with an error nothing is written. The op must be applied. A table that exists is never
    overwritten. `remove` takes the table out with the op; `update` does, too, unless the spec names it by then.

    \b
    Examples:
      newop-gen data add b200.csv --spec my_op.yaml --checkout . --system b200_sxm --backend trtllm --version newest
    """
    from ..data.add import Addition, add_table
    from ..model.loaded import load_op

    with reading_tables():
        op, table, reading, gpus = _read(file, spec, (system,), checkout, phase)
        checked = _checked(op, table, reading, gpus)
    complain([finding.problem for finding in checked.errors])
    complain([f.problem for f in checked.findings if f.severity == "warning"], "warning")
    if checked.errors:
        remark(f"nothing was written: `newop-gen data check {file} --spec {spec}` says more")
        return Exit.FOUND
    loaded = load_op(spec)
    per_phase = loaded.spec.phases.table == "per_phase"
    addition = Addition(file, table.phases[0] if per_phase else None, system, backend, version)
    receipt = add_table(loaded, addition, checkout, dry_run=dry_run)
    _tell_added(receipt, op.name, checkout, dry_run)
    if receipt.created:
        remark(f"`newop-gen update` takes it out again unless the spec names it under `data`:\n{addition.line(spec)}")
    return Exit.DONE


def _tell_added(receipt: Receipt, op: str, checkout: Path, dry_run: bool) -> None:
    from .safety import tell_recovery

    tell_recovery(receipt.recovered)
    for verb, paths in (("create", receipt.created), ("change", receipt.changed), ("delete", receipt.removed)):
        for path in paths:
            say(f"{verb} {path}")
    if receipt.nothing:
        say(f"nothing to do: the table is in {checkout} already")
    elif dry_run:
        say("dry run: nothing was written")
    else:
        say(f"added a table of {op} to {checkout}")
    for note in receipt.notes:
        remark(f"note: {note}")


def _read(
    file: Path, spec: Path, systems: Sequence[str], checkout: Path | None, phase: PhaseName | None
) -> tuple[Op, Table, Reading, list[System]]:
    from ..data.which import table_of
    from ..explain.systems import BUILT_IN, find_system
    from ..init.where import Where, where_of
    from ..model.op import Op
    from ..spec.load import load_specs
    from ..tables.read import read

    loaded = load_specs([spec])[0].spec
    op = Op.from_spec(loaded)
    reading = read(file)
    names = list(systems)
    if not names and reading.table is not None:
        own = where_of(reading.table, list(BUILT_IN), Where()).system
        of_spec = dict.fromkeys(
            e.system for e in loaded.data if e.system in BUILT_IN and Path(e.file).name == file.name
        )
        names = [own] if own else list(of_spec)
    return op, table_of(op, file, phase), reading, [find_system(name, checkout) for name in names]


def _checked(op: Op, table: Table, reading: Reading, gpus: Sequence[System]) -> Checked:
    from ..data.check import check

    return check(op, table, reading, gpus)


def _tell(checked: Checked, file: Path) -> None:
    for finding in checked.findings:
        if wanted.quiet:
            complain([finding.problem], finding.severity)
        say(f"{finding.severity}: {finding.problem}")
        for detail in finding.details[:SHOWN_DETAILS] if len(finding.details) > 1 else ():
            say(f"    {detail}")
        if len(finding.details) > SHOWN_DETAILS:
            say(f"    and {finding.count - SHOWN_DETAILS} more (--json lists them)")
    for note in checked.notes:
        remark(f"note: {note}")
    errors = len(checked.errors)
    found = f"{counted(errors, 'error')}, {counted(len(checked.findings) - errors, 'warning')}"
    counts = [counted(checked.rows, "row"), counted(checked.points, "point"), f"{checked.repeats} repeated"]
    counts += [f"{checked.left_out} left out"] if checked.left_out else []
    say(f"{file}: {', '.join(counts)}: {found}")
