"""The page as one string: what the template shows, gathered. The same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ... import __version__
from ...model.op import Op
from ...text import counted
from ..why import decisions, step_reason
from .changes import FileView, file_views
from .environment import environment, style
from .figures import Figures, figures_of
from .verification import Verification

if TYPE_CHECKING:
    from pathlib import Path

    from ...plan import FileChange, Plan, Step
    from ...problems import Problem
    from ...spec.load import LoadedSpec


@dataclass(frozen=True)
class Subject:
    """One op of the page: its spec, and a verification of it, if there is one."""

    loaded: LoadedSpec
    verification: Verification | None = None


@dataclass(frozen=True)
class _OpView:
    op: Op
    loaded: LoadedSpec
    decisions: list[tuple[str, str]]
    figures: Figures
    verification: Verification | None
    doubts: list[str]


@dataclass(frozen=True)
class _StepView:
    number: int
    step: Step
    reason: str
    state: str
    files: list[FileView]


def page(
    plan: Plan,
    changes: Sequence[FileChange],
    subjects: Sequence[Subject],
    *,
    checkout: Path | None = None,
    state: str = "",
    done: Collection[tuple[str, str, str]] | None = (),
    notes: Iterable[str] = (),
    warnings: Iterable[Problem] = (),
) -> str:
    """The review page of a plan and its file changes.

    `checkout` gives the system's figures for the plots (None: built-in ones). `state` is a sentence that says how the
    checkout stands to the plan ("Nothing was written."); `done` names the steps of which the checkout has all (op, key,
    title), which a plan of all that specs change can't say itself; None where that is about to change, so that the page
    says nothing of it. `notes` and `warnings` are shown before anything else.
    """
    files = file_views(plan, changes)
    text, digest = style()
    ops = [_op(subject, plan.layout, checkout) for subject in subjects]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=f"{', '.join(plan.ops)}: review of {'an op' if len(plan.ops) == 1 else 'ops'}",
            version=__version__,
            style=Markup(text),
            style_digest=digest,
            plan=plan,
            state=state,
            facts=_facts(plan, files, ops),
            ops=ops,
            steps=[_step(number, step, files, done) for number, step in enumerate(plan.steps, 1)],
            files=files,
            notes=list(notes),
            warnings=[str(w) for w in warnings],
        )
    )


def _op(subject: Subject, layout: str, checkout: Path | None) -> _OpView:
    op = Op.from_spec(subject.loaded.spec)
    figures = figures_of(op, subject.loaded.path, checkout)
    report = subject.verification
    doubts = list(report.doubts(layout, subject.loaded.sha256)) if report is not None else []
    return _OpView(op, subject.loaded, list(decisions(op)), figures, report, doubts)


def _step(number: int, step: Step, files: list[FileView], done: Collection[tuple[str, str, str]] | None) -> _StepView:
    mine = [file for file in files if number in file.steps]
    if not step.edits:
        state = "nothing to do here"
    elif done is None:
        state = ""
    else:
        state = "done" if step.done or (step.op, step.key, step.title) in done else "to do"
    return _StepView(number, step, step_reason(step.key), state, mine)


def _facts(plan: Plan, files: list[FileView], ops: list[_OpView]) -> list[tuple[str, str, str]]:
    """The headline: (figure, what it counts, "good", "bad" or "")."""
    code = [file for file in files if not file.data]
    lines = sum(file.added for file in code)
    removed = sum(file.removed for file in files)
    facts = [
        (str(sum(not file.created for file in files)), "files changed", ""),
        (str(sum(file.created for file in files)), "files created", ""),
        (f"+{lines}", "lines of code and tests", ""),
        (f"\u2212{removed}", "lines taken out", ""),
        (str(sum(bool(step.edits) for step in plan.steps)), "steps", ""),
    ]
    reports = [op.verification for op in ops if op.verification is not None]
    if not reports:
        return [*facts, ("none", "verification", "")]
    failed = sum(len(report.failed) for report in reports)
    checks = sum(len(report.checks) for report in reports)
    good = len(reports) == len(ops) and all(report.passed for report in reports) and not any(op.doubts for op in ops)
    label = f"of {counted(checks, 'check')} failed"
    if len(reports) < len(ops):
        label += f", {len(ops) - len(reports)} of {len(ops)} ops not verified"
    label += ", in doubt" if any(op.doubts for op in ops) else ""
    return [*facts, (str(failed), label, "good" if good else "bad")]
