"""Phases and the axis decision, and the values that are given per phase."""

from __future__ import annotations

from ..model import PhaseExpression, PhaseNesting, PhaseNumber, PhaseSol
from ..report import Report


def check_phases(report: Report) -> None:
    """Which phases there are, and what is filed in a phase column."""
    phases = report.spec.phases
    for number, phase in enumerate(phases.used):
        if phase in phases.used[:number]:
            report.error(("phases", "used", number), "phase", f"phase {phase} again", "each phase once")
    if phases.table != "phase_column":
        for field in ("column", "values"):
            if field in phases.model_fields_set:
                found = f"phases.{field} although phases.table is {phases.table}"
                report.error(("phases", field), "phase", found, "table: phase_column, or none", key=True)
        return
    for phase in phases.values:
        if phase not in phases.used:
            report.error(
                ("phases", "values", phase),
                "phase",
                f"{phase}, which the op does not use",
                ", ".join(report.used),
                key=True,
            )
    texts = {phase: phases.values.get(phase, phase) for phase in report.used}
    if len(set(texts.values())) < len(texts):
        report.error(
            ("phases", "values"), "phase", f"both phases are called {texts['context']!a}", "a text for each", key=True
        )


def check_axis(report: Report) -> None:
    """The prefix rule has something to apply to."""
    axis = report.spec.axis
    if axis.prefix == "none":
        decided = "prefix" in axis.model_fields_set
        if axis.query == "b,s" and "context" in report.used and not decided:
            found = "the op is not token-equivalent and has no prefix rule: a cached prefix will not change its cost"
            report.warn(("axis",), "no-prefix-rule", found, "say prefix: none, quadratic or sol_ratio", key=True)
        return
    if report.query == "x":
        report.error(
            ("axis", "prefix"),
            "prefix",
            f"prefix rule {axis.prefix} with query: x",
            "query: b,s",
            "the number of tokens knows no prefix",
        )
    if "context" not in report.used:
        report.error(
            ("axis", "prefix"), "prefix", f"prefix rule {axis.prefix} for an op without the context phase", "none"
        )


def check_phase_values(report: Report) -> None:
    """Scales per phase are given for the phases that are used."""
    if isinstance(report.spec.empirical, PhaseNumber):
        report.covers(("empirical",), report.spec.empirical)


def check_phase_sol(report: Report) -> None:
    if isinstance(report.spec.sol, PhaseSol):
        report.covers(("sol",), report.spec.sol)


def check_phase_nesting(report: Report) -> None:
    """Per-phase nestings cover the phases; phases that share one table agree on its shape."""
    nesting = report.spec.nesting
    if not isinstance(nesting, PhaseNesting):
        return
    report.covers(("nesting",), nesting)
    first, second = nesting.context, nesting.generation
    if report.spec.phases.table != "one" or first is None or second is None:
        return
    for field in ("keys", "axes", "latency", "rows", "pre_interpolate"):
        if getattr(first, field) != getattr(second, field):
            found = f"{field} that differ from those of context, although one table serves both phases"
            suggestion = "use table: per_phase or table: phase_column if the files differ"
            report.error(
                ("nesting", "generation", field), "phase", found, "the same shape in both phases", suggestion, key=True
            )


def check_weights(report: Report) -> None:
    """Weights are counted where a backend sums them: over context ops only."""
    weights = report.spec.weights
    if weights is None:
        return
    only_generation = "context" not in report.used
    if isinstance(weights, PhaseExpression):
        report.covers(("weights",), weights, all_of_them=False)
        only_generation = weights.context is None
    if only_generation:
        found = "weights of the generation phase alone are never counted: backends sum the weights of context ops"
        report.warn(("weights",), "weights-not-counted", found, key=True)
