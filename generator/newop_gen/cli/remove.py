"""`newop-gen remove`: take ops out again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ..problems import Exit, Place, Problem, SpecError
from .completion import complete_specs_and_ops
from .safety import checkout_option, force_option, json_option, names_op, tell


@click.command("remove", short_help="Take ops out of a checkout, byte for byte what was put in.")
@click.argument("ops", nargs=-1, required=True, metavar="SPEC|OP...", shell_complete=complete_specs_and_ops)
@checkout_option
@force_option
@json_option
@click.option("--dry-run", is_flag=True, help="Make every check, say what would change, and write nothing.")
def command(ops: tuple[str, ...], checkout: Path, force: bool, dry_run: bool, as_json: bool) -> int:
    """Take ops out of a checkout: exactly the bytes that were put in, whatever was edited elsewhere since.

    An op is named by its spec or, where it was applied, by its name. In a clone that has no receipt of it, only the
    spec can say what to look for. An op that is not there is nothing to do. Exit code 4 when somebody edited what was
    put in; the difference is shown.

    \b
    Examples:
      newop-gen remove new_op --checkout ~/aiconfigurator
      newop-gen remove specs/new_op.yaml --checkout . --dry-run
      newop-gen remove new_op --checkout . --force
    """
    from ..checkout.tree import Tree
    from ..model.loaded import load_ops
    from ..prepare import planner
    from ..runs import remove_op
    from ..standing import not_applied
    from ..write.state import Home

    named = [op for op in ops if names_op(op)]
    loaded = load_ops([Path(op) for op in ops if op not in named]) if len(named) < len(ops) else []
    every = [*named, *(spec.spec.op for spec in loaded)]
    if len(set(every)) < len(every):
        twice = next(op for op in every if every.count(op) > 1)
        raise SpecError(Problem(Place("newop-gen remove"), f"op {twice!r} is named twice", "each op once", "", "twice"))
    tree = Tree.open(checkout)
    absent = not_applied(named, tree, Home.of(tree.root))
    there = [op for op in every if op not in absent]
    receipt = remove_op(
        tree.root,
        tuple(there),
        plan_over=planner(loaded, tree) if loaded else None,
        force=force,
        dry_run=dry_run,
    )
    if absent:
        told = {op: hint for op, hint in absent.items() if hint or not receipt.nothing}
        notes = tuple(f"{op}: not applied here{f' ({hint})' if hint else ''}" for op, hint in told.items())
        receipt = replace(receipt, notes=(*notes, *receipt.notes))
    done = every if receipt.nothing else there
    tell("removed", done, checkout, receipt, dry_run=dry_run, as_json=as_json)
    return Exit.DONE
