"""The rules across the fields of a spec, all of them in one pass.

Each group of rules says which top-level fields it needs. A group whose fields could not be read is left out, so that a
spec with a broken wiring still hears about its formula.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Set
from dataclasses import dataclass, field

from ..problems import Problem
from .model import Spec
from .nodes import Loc
from .places import Places
from .report import Report
from .rules import columns, data, expressions, names, nesting, phases, placeholder, wiring


@dataclass(frozen=True)
class Findings:
    """What is wrong, and what is only worth saying."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


_RULES: tuple[tuple[Callable[[Report], None], frozenset[str]], ...] = (
    (names.check_names, frozenset({"op", "summary", "class_name"})),
    (names.check_params, frozenset({"params"})),
    (phases.check_phases, frozenset({"phases"})),
    (expressions.check_query, frozenset({"params", "phases", "axis", "sol"})),
    (phases.check_axis, frozenset({"phases", "axis"})),
    (phases.check_phase_values, frozenset({"phases", "empirical"})),
    (phases.check_phase_sol, frozenset({"phases", "sol"})),
    (phases.check_phase_nesting, frozenset({"phases", "nesting"})),
    (phases.check_weights, frozenset({"phases", "weights"})),
    (nesting.check_nestings, frozenset({"params", "phases", "axis", "nesting"})),
    (columns.check_axis_columns, frozenset({"phases", "nesting"})),
    (expressions.check_sol, frozenset({"params", "phases", "axis", "sol"})),
    (placeholder.check_placeholder, frozenset({"phases", "sol"})),
    (expressions.check_columns, frozenset({"params", "phases", "nesting"})),
    (expressions.check_weight_expressions, frozenset({"params", "weights"})),
    (expressions.check_use, frozenset({"params", "phases", "nesting", "sol", "weights"})),
    (wiring.check_overrides, frozenset({"params", "wiring"})),
    (wiring.check_wiring, frozenset({"params", "phases", "wiring"})),
    (data.check_data, frozenset({"phases", "data"})),
)


def check_spec(spec: Spec, places: Places, *, skip: Collection[str] = (), said: Set[Loc] = frozenset()) -> Findings:
    """Everything that the fields of `spec` say against each other.

    :param spec: as validated, or as `shape` built it when it was over a limit.
    :param said: locs that a problem was found at already.
    :param skip: top-level fields that are not there as their type says; rules that need one are left out.
    """
    report = Report(spec, places, said)
    for rule, needs in _RULES:
        if needs.isdisjoint(skip):
            rule(report)
    return Findings(list(dict.fromkeys(report.errors)), list(dict.fromkeys(report.warnings)))
