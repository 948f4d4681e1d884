"""`newop-gen init`: a first spec."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..problems import Exit
from .output import complain, emit_json, reading_tables, remark, say

if TYPE_CHECKING:
    from ..init.start import Started
    from ..spec.model import PhaseName, Unit

SHOWN_FINDINGS = 5
SHOWN_OPS = 8
RANK = "?"
"""`--like` without a name; no op is called so."""

PLACEHOLDER = (
    "the SOL is a placeholder: SOL, EMPIRICAL and HYBRID mean nothing until you replace it (docs/sol-language.md)"
)
COPIED = "the SOL is that of the op it was begun from: SOL, EMPIRICAL and HYBRID are that op's until you change it"
CLOSING = """\
{sol}
next: fill in what stands after TODO, then
  newop-gen validate {path}
  newop-gen explain {path}
  newop-gen apply {path} --checkout DIR --dry-run"""


@click.command("init", short_help="Write a first spec: from a table, from an op that exists, or from questions.")
@click.argument("out", required=False, type=click.Path(path_type=Path), metavar="[NEW.yaml]")
@click.option("--from-csv", "tables", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="A collected table, CSV or parquet. Twice for two phases.")  # fmt: skip
@click.option("--like", is_flag=False, flag_value=RANK, metavar="[OP]",
              help="The checkout's op to start from. Without a name: rank all by closeness to --spec.")  # fmt: skip
@click.option("--checkout", type=click.Path(path_type=Path), metavar="DIR", help="--like: the checkout to look at.")
@click.option("--spec", "mine", type=click.Path(path_type=Path), metavar="MINE.yaml",
              help="--like without a name: the spec that the ops are compared with.")  # fmt: skip
@click.option("--yes", "--defaults", "defaults", is_flag=True, help="Take the default of each question.")
@click.option("--op", default="", metavar="NAME", help="The op's name (default: from the table's or the op's).")
@click.option("--phase", type=click.Choice(["context", "generation"]), help="The phase that the table is of.")
@click.option("--axis", "axes", multiple=True, metavar="x|b|s|SIZE=COLUMN", help="The column of an axis. Repeatable.")
@click.option("--key", "keys", multiple=True, metavar="COLUMN", help="A column that is an exact key. Repeatable.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column that is no level. Repeatable.")
@click.option("--latency", default="", metavar="COLUMN", help="The latency's column, or an expression over columns.")
@click.option("--rows", "condition", default="", metavar="CONDITION",
              help="Keep rows of which this is true, such as \"op_name == 'pre'\".")  # fmt: skip
@click.option("--answers", type=click.Path(path_type=Path), metavar="FILE",
              help="What is said of a table, kept: used where FILE is there, written where it is not.")  # fmt: skip
@click.option("--unit", type=click.Choice(["ms", "us", "ns", "s"]), help="The latency's unit.")
@click.option("--system", default="", metavar="NAME", help="The system that the table is for, such as h200_sxm.")
@click.option("--backend", type=click.Choice(["trtllm", "sglang", "vllm"], case_sensitive=False), metavar="NAME",
              help="The backend that the table is for: trtllm, sglang or vllm.")  # fmt: skip
@click.option("--version", default="newest", show_default=True, metavar="DIR", help="The backend's version.")
@click.option("--json", "as_json", is_flag=True, help="--like without a name: print the ranking (newop-gen/like/1).")
def command(
    out: Path | None, tables: tuple[Path, ...], like: str | None, checkout: Path | None, mine: Path | None,
    defaults: bool, op: str, phase: PhaseName | None, axes: tuple[str, ...], keys: tuple[str, ...],
    ignore: tuple[str, ...], latency: str, condition: str, answers: Path | None, unit: Unit | None, system: str,
    backend: str | None, version: str, as_json: bool,
) -> int:  # fmt: skip
    """Write a first spec to NEW.yaml (default: OP.yaml in this directory), commented for you to finish.

    \b
    (no option)       from questions on a terminal, each with a default (--yes takes them all)
    --from-csv FILE   from a collected table; what its columns are taken for, and why, is printed
    --like OP         from an op that a checkout has: a ready-made spec of it, or what its loader and queries say

    The spec is valid as it is written. Its SOL is a placeholder that only you can replace, or with --like that of a
    ready-made spec. A file that exists is never overwritten.

    \b
    Examples:
      newop-gen init --from-csv my_op_perf.csv --system h200_sxm --backend trtllm
      newop-gen init --from-csv my_op_context_perf.csv --from-csv my_op_generation_perf.csv
      newop-gen init my_op.yaml --from-csv sweep.parquet --axis x=num_rows --latency time_us --unit us
      newop-gen init my_op.yaml --like mla_bmm --checkout ~/aiconfigurator
      newop-gen init --like --spec my_op.yaml --checkout ~/aiconfigurator --json
    """
    from ..explain.systems import BUILT_IN
    from ..init.choices import Choices, keep_answers, read_answers
    from ..init.questions import Known
    from ..init.start import from_answers, from_tables
    from ..init.where import Where
    from ..init.write import taken

    if mine is not None or checkout is not None or like is not None:
        of_tables = (phase, axes, keys, ignore, latency, condition, answers, unit, system, backend)
        _check_like(like, checkout, mine, out, bool(tables), any(of_tables))
    if as_json and like != RANK:
        raise click.UsageError("--json is for --like without a name, which ranks: init writes a spec otherwise")
    _check_name(op)
    if like == RANK:
        assert checkout is not None and mine is not None
        _rank(checkout, mine, as_json)
        return Exit.DONE
    if out is not None and out.exists():
        raise taken(out)
    if like is not None:
        assert checkout is not None
        _like(out, like, checkout, op)
        return Exit.DONE
    if not tables:
        if not defaults and not sys.stdin.isatty():
            raise click.UsageError(
                "there is no terminal to ask on: say what to start from with --from-csv FILE, or take the default of "
                "each question with --yes"
            )
        _finish(out, from_answers(_take_default if defaults else _ask, Known(op, phase)))
        return Exit.DONE
    choices = Choices(phase, _axes(axes), latency, unit or "", ignore, keys, condition)
    kept = answers is not None and answers.exists()
    if answers is not None and kept:
        choices = choices.over(read_answers(answers))
    where = Where(system, backend or "", (version,))
    below = (out or Path()).parent
    ask = _ask if sys.stdin.isatty() and not defaults else None
    # Nothing is shown over a question.
    with reading_tables() if ask is None else nullcontext():
        started = from_tables(tables, choices, op=op, where=where, systems=list(BUILT_IN), below=below, ask=ask)
    _finish(out, started)
    if answers is not None and not kept:
        keep_answers(answers, started.choices)
        remark(f"kept the answers in {answers}: --answers {answers} for the next table of this collector")
    return Exit.DONE


def _check_name(op: str) -> None:
    """The name that was asked for, or none: another one instead would be found too late."""
    from ..init.draft import op_name
    from ..problems import Place, Problem, SpecError
    from ..spec.reserved import reserved_op

    if not op or op_name(op) == op:
        return
    why = reserved_op(op)
    found = f"an op can't be called {op!a}" + (f", {why}" if why else "")
    expected = "2 to 48 lower-case letters, digits and underscores, a letter first"
    raise SpecError(Problem(Place("--op"), found, expected, f"--op {op_name(op)}", "init-op"))


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
    run_time = {axis for axis in axes if axis in ("x", "b", "s")}
    if axes and (run_time not in ({"x"}, {"b", "s"}, {"b"}) or len(axes) > 3 or not all(axes.values())):
        raise click.UsageError(
            "--axis takes x=COLUMN, or b=COLUMN and s=COLUMN (b alone for decode), and SIZE=COLUMN for a size that is "
            "interpolated, three in all"
        )
    return axes


def _check_like(
    like: str | None, checkout: Path | None, mine: Path | None, out: Path | None, tables: bool, of_tables: bool
) -> None:
    if like is None:
        raise click.UsageError("--checkout and --spec are for --like")
    if checkout is None:
        raise click.UsageError("--like needs --checkout DIR: the checkout whose ops it looks at")
    if tables:
        raise click.UsageError("--like and --from-csv are two ways to begin: one of them")
    if of_tables:
        raise click.UsageError("--like reads the checkout's code: of the other options it takes --op only")
    if like == RANK and mine is None:
        raise click.UsageError("--like OP starts from an op; without a name it ranks them, and needs --spec MINE.yaml")
    if like == RANK and out is not None:
        raise click.UsageError(f"--like without a name writes nothing: what is {out} for?")
    if like != RANK and mine is not None:
        raise click.UsageError("--spec is for --like without a name")


def _like(out: Path | None, wanted: str, checkout: Path, op: str) -> None:
    from ..checkout.tree import Tree
    from ..init.like.existing import existing
    from ..init.like.start import choose, like

    begun = like(choose(existing(Tree.open(checkout)), wanted), op)
    _write(out or Path(f"{begun.op}.yaml"), begun.text, begun.said, PLACEHOLDER if begun.placeholder else COPIED)


def _rank(checkout: Path, mine: Path, as_json: bool) -> None:
    from ..checkout.tree import Tree
    from ..init.like.existing import existing
    from ..init.like.rank import rank
    from ..model.op import Op
    from ..spec.load import load_spec

    spec = Op.from_spec(load_spec(mine).spec)
    ops = existing(Tree.open(checkout))
    ranked = rank(ops, spec)
    if as_json:
        from ..init.like.report import report

        emit_json(report(ranked, ops, mine, checkout))
        return
    for number, one in enumerate(ranked[:SHOWN_OPS], 1):
        phase = f"  (compared with its {one.phase} phase)" if one.phase else ""
        say(f"{number}. {one.op.name}  distance {one.distance:g}  {one.op.place}{phase}")
        for line in one.differs or ("no difference in keys, axes, phases and quant modes",):
            say(f"     {line}")
    if len(ranked) > SHOWN_OPS:
        say(f"and {len(ranked) - SHOWN_OPS} that are further off")
    unread = [op.name for op in ops if op.unread]
    if unread:
        remark(f"not compared, as their nesting can't be read: {', '.join(unread)}")
    if ranked:
        remark(f"next: newop-gen init NEW.yaml --like {ranked[0].op.name} --checkout {checkout}")


def _finish(out: Path | None, started: Started) -> None:
    complain([finding.problem for finding in started.findings[:SHOWN_FINDINGS]], "warning")
    if len(started.findings) > SHOWN_FINDINGS:
        remark(f"and {len(started.findings) - SHOWN_FINDINGS} more: `newop-gen data check` lists all")
    _write(out or Path(f"{started.draft.op}.yaml"), started.text, started.said, PLACEHOLDER)


def _write(path: Path, text: str, said: Sequence[tuple[str, str]], sol: str) -> None:
    """Write the spec, say how it came about, and what is next."""
    from ..init.write import write_new

    write_new(path, text)
    width = max((len(subject) for subject, _ in said), default=0)
    for subject, line in said:
        say(f"{subject:<{width}}  {line}")
    say(f"wrote {path}")
    remark(CLOSING.format(sol=sol, path=path))
