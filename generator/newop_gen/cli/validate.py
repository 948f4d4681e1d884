"""`newop-gen validate`: everything that is wrong with specs, without a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..problems import Exit, Problem, SpecError
from .output import caution, emit_json, say

if TYPE_CHECKING:
    from ..spec.load import LoadedSpec

SCHEMA = "newop-gen/validate/1"


@click.command("validate", short_help="Check specs and report every error with its place.")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC...")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON (newop-gen/validate/1).")
def command(specs: tuple[Path, ...], as_json: bool) -> int:
    """Check specs by themselves: every error of every file, with line, column and what was expected.

    What depends on a checkout (names that are taken there, models to wire into) is checked by `apply --dry-run`.

    \b
    Examples:
      newop-gen validate new_op.yaml
      newop-gen validate specs/*.yaml --json
    """
    from ..spec.load import load_specs

    try:
        found = load_specs(specs)
    except SpecError as error:
        if as_json:
            emit_json(_data([], error.problems))
        raise
    for loaded in found:
        caution(loaded.warnings)
    if as_json:
        emit_json(_data(found, []))
    else:
        for loaded in found:
            say(f"{loaded.path}: ok, op {loaded.spec.op}")
    return Exit.DONE


def _data(found: list[LoadedSpec], problems: list[Problem]) -> dict[str, Any]:
    from ..review.report import problem_data, tool

    return {
        "schema": SCHEMA,
        "tool": tool(),
        "valid": not problems,
        "specs": [{"path": str(spec.path), "op": spec.spec.op, "sha256": spec.sha256} for spec in found],
        "warnings": [problem_data(warning) for spec in found for warning in spec.warnings],
        "problems": [problem_data(problem) for problem in problems],
    }
