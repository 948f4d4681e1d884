"""`newop-gen init`: a first spec."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..problems import Exit
from .output import complain, remark, say

if TYPE_CHECKING:
    from ..init.start import Started
    from ..spec.model import PhaseName

SHOWN_FINDINGS = 5

CLOSING = """\
the SOL is a placeholder: SOL, EMPIRICAL and HYBRID mean nothing until you replace it (docs/sol-language.md)
next: fill in what stands after TODO, then
  newop-gen validate {path}
  newop-gen explain {path}
  newop-gen apply {path} --checkout DIR --dry-run"""


@click.command("init", short_help="Write a first spec: from a table, or from questions.")
@click.argument("out", required=False, type=click.Path(path_type=Path), metavar="[NEW.yaml]")
@click.option("--from-csv", "tables", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="A collected table, CSV or parquet. Twice for two phases.")  # fmt: skip
@click.option("--yes", "--defaults", "defaults", is_flag=True, help="Take the default of each question.")
@click.option("--op", default="", metavar="NAME", help="The op's name (default: from the table's name).")
@click.option("--phase", type=click.Choice(["context", "generation"]), help="The phase that the table is of.")
@click.option(
    "--axis", "axes", multiple=True, metavar="x|b|s=COLUMN", help="The column of a run-time axis. Repeatable."
)
@click.option("--key", "keys", multiple=True, metavar="COLUMN", help="A column that is an exact key. Repeatable.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column that is no level. Repeatable.")
@click.option("--latency", default="", metavar="COLUMN", help="The latency's column, or an expression over columns.")
@click.option("--unit", type=click.Choice(["ms", "us", "s"]), help="The latency's unit.")
@click.option("--system", default="", metavar="NAME", help="The system that the table is for, such as h200_sxm.")
@click.option("--backend", default="", type=click.Choice(["", "trtllm", "sglang", "vllm"]), metavar="NAME",
              help="The backend that the table is for: trtllm, sglang or vllm.")  # fmt: skip
@click.option("--version", default="newest", show_default=True, metavar="DIR", help="The backend's version.")
def command(
    out: Path | None, tables: tuple[Path, ...], defaults: bool, op: str, phase: PhaseName | None, axes: tuple[str, ...],
    keys: tuple[str, ...], ignore: tuple[str, ...], latency: str, unit: str | None, system: str, backend: str,
    version: str,
) -> int:  # fmt: skip
    """Write a first spec to NEW.yaml (default: OP.yaml in this directory), commented for you to finish.

    \b
    (no option)       from questions on a terminal, each with a default (--yes takes them all)
    --from-csv FILE   from a collected table; what its columns are taken for, and why, is printed

    The spec is valid as it is written. Its SOL is a placeholder that only you can replace. A file that exists is never
    overwritten.

    \b
    Examples:
      newop-gen init --from-csv my_op_perf.csv --system h200_sxm --backend trtllm
      newop-gen init --from-csv my_op_context_perf.csv --from-csv my_op_generation_perf.csv
      newop-gen init my_op.yaml --from-csv sweep.parquet --axis x=num_rows --latency time_us --unit us
    """
    from ..explain.systems import BUILT_IN
    from ..init.decide import Choices
    from ..init.questions import Known
    from ..init.start import from_answers, from_tables
    from ..init.where import Where
    from ..init.write import taken

    if out is not None and out.exists():
        raise taken(out)
    if not tables:
        if not defaults and not sys.stdin.isatty():
            raise click.UsageError(
                "there is no terminal to ask on: say what to start from with --from-csv FILE, or take the default of "
                "each question with --yes"
            )
        _finish(out, from_answers(_take_default if defaults else _ask, Known(op, phase)))
        return Exit.DONE
    choices = Choices(phase, _axes(axes), latency, unit or "", ignore, keys)
    where = Where(system, backend, (version,))
    below = (out or Path()).parent
    _finish(out, from_tables(tables, choices, op=op, where=where, systems=list(BUILT_IN), below=below))
    return Exit.DONE


def _ask(
    question: str, why: str, default: str, *, among: Sequence[str] = (), check: Callable[[str], str] = lambda _: ""
) -> str:
    """Ask on the terminal until the answer is one."""
    remark(f"\n{question}\n  ({why})")
    while True:
        answer = str(click.prompt("", default=default, prompt_suffix="> ", err=True)).strip()
        wrong = f"one of {', '.join(among)}" if among and answer not in among else check(answer)
        if not wrong:
            return answer
        remark(f"  {answer!a}: {wrong}")


def _take_default(
    question: str, why: str, default: str, *, among: Sequence[str] = (), check: Callable[[str], str] = lambda _: ""
) -> str:
    return default


def _axes(texts: tuple[str, ...]) -> dict[str, str]:
    """`x=COLUMN`, or `b=COLUMN` and `s=COLUMN`."""
    axes = dict(text.partition("=")[::2] for text in texts)
    if axes and (set(axes) not in ({"x"}, {"b", "s"}, {"b"}) or not all(axes.values())):
        raise click.UsageError("--axis takes x=COLUMN, or b=COLUMN and s=COLUMN (b alone for decode)")
    return axes


def _finish(out: Path | None, started: Started) -> None:
    from ..init.write import write_new

    path = out or Path(f"{started.draft.op}.yaml")
    complain([finding.problem for finding in started.findings[:SHOWN_FINDINGS]], "warning")
    if len(started.findings) > SHOWN_FINDINGS:
        remark(f"and {len(started.findings) - SHOWN_FINDINGS} more: `newop-gen data check` lists all")
    write_new(path, started.text)
    width = max((len(subject) for subject, _ in started.said), default=0)
    for subject, line in started.said:
        say(f"{subject:<{width}}  {line}")
    say(f"wrote {path}")
    remark(CLOSING.format(path=path))
