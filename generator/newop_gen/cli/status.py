"""`newop-gen status`: how a checkout stands to what was put into it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..problems import Exit, Place, Problem, SpecError, did_you_mean, near_names
from ..standing import names_another, renamed_to
from .completion import complete_ops
from .output import emit_json, say
from .safety import checkout_option
from .tables import on_terminal, show_table

if TYPE_CHECKING:
    from ..write.receipts import OpReceipt
    from ..write.record import SpecRef
    from ..write.status import OpStatus, Status

SCHEMA = "newop-gen/status/1"


@click.command("status", short_help="Say whether applied ops stand as they were put in.")
@click.argument("ops", nargs=-1, metavar="[OP]...", shell_complete=complete_ops)
@checkout_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON (newop-gen/status/1).")
def command(ops: tuple[str, ...], checkout: Path, as_json: bool) -> int:
    """Say, for each op with a receipt (or each named OP) and each of its files: as applied, drifted, partial or gone;
    and whether its spec has changed since. Exit code 1 when anything is not as applied, for CI.

    \b
    Examples:
      newop-gen status --checkout ~/aiconfigurator
      newop-gen status my_op --checkout ~/aiconfigurator
      newop-gen status --checkout . --json
    """
    from ..checkout.tree import Tree
    from ..write.status import status

    found = _named(status(Tree.open(checkout).root, read_spec=spec_now), ops, checkout)
    if as_json:
        emit_json(_data(found, checkout))
    else:
        _tell(found, checkout)
    return Exit.DONE if found.good else Exit.FOUND


def _named(found: Status, ops: tuple[str, ...], checkout: Path) -> Status:
    """The status of the named ops, of all without a name. Raises `SpecError` for one that has no receipt."""
    there = [op.op for op in found.ops]
    problems = [
        Problem(
            Place(str(checkout)),
            f"no op {op!a} was applied in this checkout, as far as is recorded here",
            f"one of {', '.join(there)}" if there else "",
            did_you_mean(near_names(op, there)),
            "no-receipt",
        )
        for op in ops
        if op not in there
    ]
    if problems:
        raise SpecError(problems)
    return replace(found, ops=tuple(op for op in found.ops if op.op in ops)) if ops else found


def spec_now(receipt: OpReceipt) -> SpecRef | None:
    """The spec of a receipt as it is now, None when it is not where it was."""
    import hashlib

    from ..write.record import SpecRef

    path = Path(receipt.spec)
    if not path.is_file():
        return None
    try:
        return SpecRef(receipt.spec, hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError:
        return None


def _tell(found: Status, checkout: Path) -> None:
    if found.interrupted:
        say(f"an interrupted run was found: `newop-gen recover --checkout {checkout}`")
    if not found.ops:
        say(f"no op was applied in {checkout}, as far as is recorded here")
    for op in found.ops:
        say(f"{op.op}: {_summary(op, checkout)}")
        if on_terminal():
            rows = [(file.path, file.state, f"{file.intact} of {file.total}") for file in op.files]
            show_table(("file", "state", "parts as applied"), rows, left=2)
            continue
        for file in op.files:
            part = "" if file.state == "as applied" else f" ({file.intact} of {file.total} parts as applied)"
            say(f"  {file.state}: {file.path}{part}")


def _summary(op: OpStatus, checkout: Path) -> str:
    if now := renamed_to(op):
        return f"{op.state}, but {names_another(op.spec, now, op.op)}: `newop-gen remove {op.op} --checkout {checkout}`"
    if op.spec_newer:
        return f"{op.state}, spec newer ({op.spec}): `newop-gen update`"
    return op.state


def _data(found: Status, checkout: Path) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "newop-gen", "version": __version__},
        "checkout": str(checkout),
        "good": found.good,
        "interrupted": found.interrupted,
        "ops": [
            {
                "op": op.op,
                "state": op.state,
                "layout": op.layout,
                "spec": op.spec,
                "spec_newer": op.spec_newer,
                "spec_names": renamed_to(op),
                "files": [{"path": f.path, "state": f.state, "intact": f.intact, "total": f.total} for f in op.files],
            }
            for op in found.ops
        ],
    }
