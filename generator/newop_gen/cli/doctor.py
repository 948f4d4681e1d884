"""`newop-gen doctor`: defects in the op code of a checkout, hand-written ops included."""

from __future__ import annotations

from pathlib import Path

import click

from ..problems import CheckoutRefused, Exit, Place, Problem
from .completion import complete_ops
from .output import complain, emit_json, remark, say


@click.command("doctor", short_help="Find defects in the ops of a checkout.")
@click.argument("ops", nargs=-1, metavar="[OP]...", shell_complete=complete_ops)
@click.option(
    "--checkout",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A repository root, a `src` root or an installed package.",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    metavar="PY",
    help="The interpreter that runs loaders on the checkout's perf files (default: as for `verify`).",
)
@click.option("--no-run", is_flag=True, help="Only read the code: no effect is measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON (newop-gen/doctor/1).")
def command(ops: tuple[str, ...], checkout: Path, python: Path | None, no_run: bool, as_json: bool) -> int:
    """Find defects in the ops of a checkout, hand-written or generated, or in those named OP: a query, a loader, an
    operation class or a perf file, as the checkout calls it.

    The code is read: what loaders do with rows, what queries do with keys, modes and energy, what operations pass, what
    models wire. Loaders with a finding are then run on the checkout's own perf files, to tell what it costs. Nothing is
    written.

    \b
    Examples:
      newop-gen doctor --checkout ~/aiconfigurator
      newop-gen doctor --checkout practice --no-run my_op
      newop-gen doctor --checkout practice --json

    Exit codes: 0 nothing found; 1 findings; 2 no such op; 3 the checkout is not one of a layout that is known (what
    could be read of it is reported all the same).
    """
    from ..doctor.run import Options, checkup
    from ..doctor.show import as_json as to_json
    from ..doctor.show import lines

    found = checkup(checkout, Options(ops, python, not no_run, remark))
    if as_json:
        emit_json(to_json(found, str(checkout)))
    else:
        for line in lines(found):
            say(line)
    if found.layout is None:
        complain(CheckoutRefused(_unknown(checkout)).problems)
        return Exit.CHECKOUT
    return Exit.FOUND if found.findings else Exit.DONE


def _unknown(checkout: Path) -> Problem:
    return Problem(
        Place(str(checkout)),
        "the code is arranged in a way that newop-gen doesn't support, so there may be more to find",
        "one of the supported layouts",
        "`newop-gen detect --checkout DIR` shows all that was asked",
        "layout-unknown",
    )
