"""`newop-gen validate`: everything that is wrong with specs, without a checkout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..problems import Exit, Problem, SpecError
from .output import caution, emit_json, remark, say, tell_unwired

if TYPE_CHECKING:
    from ..spec.load import LoadedSpec

SCHEMA = "newop-gen/validate/1"
NOT_CHECKED = (
    "not checked: the rows of tables (newop-gen data check), "
    "models and systems (newop-gen apply --dry-run --checkout DIR)"
)


@click.command("validate", short_help="Check specs and report every error with its place.")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC...")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON (newop-gen/validate/1).")
def command(specs: tuple[Path, ...], as_json: bool) -> int:
    """Check specs by themselves: every error of every file, with line, column and what was expected.

    Of the tables under `data`: that they are there (a warning), and have the columns that the spec reads.

    The rows of tables are checked by `data check`, what depends on a checkout (names that are taken there, models to
    wire into, systems) by `apply --dry-run`.

    \b
    Examples:
      newop-gen validate new_op.yaml
      newop-gen validate specs/*.yaml --json
    """
    from ..data.named import named_tables
    from ..model.loaded import load_ops

    try:
        found = load_ops(specs)
        errors, missing = named_tables(found)
        if errors:
            raise SpecError(errors)
    except SpecError as error:
        if as_json:
            emit_json(_data([], error.problems))
        raise
    for loaded in found:
        caution(loaded.warnings)
    caution(missing)
    if as_json:
        emit_json(_data(found, [], missing))
    else:
        for loaded in found:
            say(f"{loaded.path}: ok, op {loaded.spec.op}")
        tell_unwired(found)
        remark(NOT_CHECKED)
    return Exit.DONE


def _data(found: Sequence[LoadedSpec], problems: list[Problem], missing: Sequence[Problem] = ()) -> dict[str, Any]:
    from ..review.report import problem_data, tool

    return {
        "schema": SCHEMA,
        "tool": tool(),
        "valid": not problems,
        "specs": [{"path": str(spec.path), "op": spec.spec.op, "sha256": spec.sha256} for spec in found],
        "warnings": [problem_data(warning) for warning in (*(w for spec in found for w in spec.warnings), *missing)],
        "problems": [problem_data(problem) for problem in problems],
    }
