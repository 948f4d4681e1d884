"""`newop-gen update`: a spec has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..problems import CheckoutRefused, Exit, Problem
from .completion import complete_specs_and_ops
from .output import caution
from .safety import checkout_option, force_option, json_option, names_op, tell

if TYPE_CHECKING:
    from ..write.receipts import OpReceipt


@click.command("update", short_help="Bring applied ops to what their specs say now.")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC|OP...", shell_complete=complete_specs_and_ops)
@checkout_option
@click.option(
    "--from",
    "old_specs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="OLD_SPEC",
    help="The spec as it was applied, for a clone that has no receipt of it. May be repeated.",
)
@force_option
@json_option
@click.option("--dry-run", is_flag=True, help="Make every check, show the diff, and write nothing.")
@click.option("--full", is_flag=True, help="With --dry-run: show all rows of perf tables that change, too.")
def command(
    specs: tuple[str, ...],
    checkout: Path,
    old_specs: tuple[Path, ...],
    force: bool,
    dry_run: bool,
    full: bool,
    as_json: bool,
) -> int:
    """Bring applied ops to what their specs say now: the result is that of `remove` and then `apply`, in one step.

    An op is named by its spec, or by its name: then the spec is read from where it was applied from. Exit code 4, and
    nothing written, when somebody edited what was put in.

    \b
    Examples:
      newop-gen update specs/new_op.yaml --checkout ~/aiconfigurator
      newop-gen update new_op --checkout ~/aiconfigurator
      newop-gen update new_op.yaml --from old/new_op.yaml --checkout .
    """
    if full and not dry_run:
        raise click.UsageError("--full is about what --dry-run shows")
    from ..checkout.tree import Tree
    from ..data.named import check_tables
    from ..model.loaded import load_ops
    from ..prepare import planner
    from ..runs import refs, update_op
    from ..standing import renamed, spec_of
    from ..write.receipts import read_all
    from ..write.state import Home

    def recorded() -> Mapping[str, OpReceipt]:
        return read_all(Home.of(Tree.open(checkout).root))

    named = [spec for spec in specs if names_op(spec)]
    known = recorded() if named else {}
    loaded = load_ops(spec_of(spec, known, checkout) if spec in named else Path(spec) for spec in specs)
    check_tables(loaded)
    ops = tuple(spec.spec.op for spec in loaded)
    if set(named) - set(ops):
        raise CheckoutRefused(renamed(loaded, known, checkout))
    old = load_ops(old_specs) if old_specs else []
    tree = Tree.open(checkout)
    try:
        receipt = update_op(
            tree.root,
            ops,
            planner(loaded, tree),
            old_plan_over=planner(old, tree) if old else None,
            specs=refs(loaded),
            force=force,
            dry_run=dry_run,
        )
    except CheckoutRefused as error:
        if any(problem.code == "no-receipt" for problem in error.problems):
            others = renamed(loaded, recorded(), checkout)
            if others:
                raise CheckoutRefused(others) from None
        raise CheckoutRefused(map(_advised, error.problems)) from None
    if not receipt.nothing:
        for spec in loaded:
            caution(spec.warnings)
    tell("updated", ops, checkout, receipt, dry_run=dry_run, as_json=as_json, full=full)
    return Exit.DONE


def _advised(problem: Problem) -> Problem:
    """What to do without a receipt, which for an update is not what it is for a removal."""
    if problem.code != "no-receipt":
        return problem
    advice = (
        "if it was never applied: `newop-gen apply`; if it was, in another clone: name the spec of then with --from"
    )
    return replace(problem, suggestion=advice)
