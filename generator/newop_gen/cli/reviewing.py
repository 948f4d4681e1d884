"""What a review shows, gathered: the whole plan of specs, also where it was carried out already, and verifications.

Shared by `apply --html` and `pr-text`.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..problems import IoFault, NewopError, Place, Problem, SpecError

if TYPE_CHECKING:
    from ..plan import Plan
    from ..prepare import Prepared
    from ..review.html import Verification
    from ..spec.load import LoadedSpec

# Larger files of a checkout are measured tables: a copy gets links to them.
COPIED_BYTES = 2**20


@dataclass(frozen=True)
class Whole:
    """All that specs change in a checkout: `prepared` as if none of it were there, and what is true of it now.

    `done` names the steps (op, key, title) of which the checkout has all; None where that is not to be told.
    """

    prepared: Prepared
    state: str
    notes: tuple[str, ...] = ()
    done: frozenset[tuple[str, str, str]] | None = frozenset()


def whole(loaded: Sequence[LoadedSpec], checkout: Path, prepared: Prepared) -> Whole:
    """What specs change in a checkout, counting what is in it already: a review of an applied op shows all of it.

    Where what was put in can't be told apart any more, the plan is what is left to do, and a note says so.
    """
    # An edit that several ops share (`once`) may be there for another one.
    done = {step.op for step, edit in prepared.plan.step_edits() if edit.done and not getattr(edit, "once", False)}
    if not done:
        return Whole(prepared, "Nothing is written yet.")
    state = "All of it is in the checkout." if not prepared.plan.pending else "Part of it is in the checkout."
    try:
        before = _before(loaded, checkout, tuple(spec.spec.op for spec in loaded if spec.spec.op in done))
    except NewopError as error:
        notes = tuple(f"what is in the checkout already is not shown: {problem}" for problem in error.problems)
        return Whole(prepared, state, notes)
    return Whole(before, state, done=_steps_done(prepared.plan))


def _steps_done(plan: Plan) -> frozenset[tuple[str, str, str]]:
    """Steps with nothing left to do. Those of one name (an op wired in several places) are done when each one is."""
    left = {(step.op, step.key, step.title) for step in plan.steps if not step.done}
    return frozenset((step.op, step.key, step.title) for step in plan.steps) - left


def _before(loaded: Sequence[LoadedSpec], checkout: Path, applied: tuple[str, ...]) -> Prepared:
    """The specs planned over the checkout without the ops in `applied`. Nothing is written."""
    from ..checkout.overlay import open_over
    from ..checkout.tree import Tree
    from ..prepare import prepare
    from ..write import Home
    from ..write import receipts as records
    from ..write.remove import plan_removal
    from .safety import planner

    home = Home.of(Tree.open(checkout).root)
    mine = [spec for spec in loaded if spec.spec.op in applied]
    removal = plan_removal(home, applied, records.read_all(home), planner(mine, checkout), force=False)
    files = {home.shown(target.path): target.after for target in removal.targets}
    return prepare(loaded, checkout, open_over(checkout, files))


def write_page(
    whole: Whole,
    loaded: Sequence[LoadedSpec],
    checkout: Path,
    file: Path,
    verifications: Sequence[Verification],
    notes: Sequence[str] = (),
) -> None:
    """Write the review page. Raises `IoFault` when the file can't be written."""
    from ..review.html import Subject, page

    by_op = {report.op: report for report in verifications}
    text = page(
        whole.prepared.plan,
        whole.prepared.changes,
        [Subject(spec, by_op.get(spec.spec.op)) for spec in loaded],
        checkout=checkout,
        state=whole.state,
        done=whole.done,
        notes=[*whole.notes, *notes],
        warnings=[warning for spec in loaded for warning in spec.warnings],
    )
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        found = f"the review page can't be written ({error.strerror})"
        raise IoFault(Problem(Place(str(file)), found, "a file that can be written", "", "html")) from None


def read_verifications(files: Sequence[Path], loaded: Sequence[LoadedSpec]) -> list[Verification]:
    """Reports of `verify --json`, each of one of the specs. Raises `SpecError` for one of another op."""
    from ..review.html import read_verification

    ops = [spec.spec.op for spec in loaded]
    reports = []
    for file in files:
        report = read_verification(file)
        if report.op not in ops:
            found = f"a verification of op {report.op!r}"
            raise SpecError(Problem(Place(str(file)), found, f"one of {', '.join(ops)}", "", "verification"))
        reports.append(report)
    return reports


def verify_now(
    loaded: Sequence[LoadedSpec], checkout: Path, prepared: Prepared, tell: Callable[[str], None]
) -> list[Verification]:
    """Each spec verified: in the checkout where all is applied, else in a copy of it to which it is. Minutes.

    Raises as `verify`; the checkout is not written to.
    """
    from ..review.html import Verification
    from ..verify.run import verify
    from ..verify.show import as_json

    reports = []
    with _applied(checkout, prepared, tell) as place:
        for spec in loaded:
            tell(f"verify {spec.spec.op}")
            reports.append(Verification.model_validate(as_json(verify(spec, place, report=tell))))
    return reports


@contextmanager
def _applied(checkout: Path, prepared: Prepared, tell: Callable[[str], None]) -> Iterator[Path]:
    """A directory in which the plan is carried out: the checkout itself, or a copy that goes afterwards."""
    if not prepared.plan.pending:
        yield checkout
        return
    with tempfile.TemporaryDirectory(prefix="newop-review-") as scratch:
        tell("copy the checkout, and apply the specs to the copy")
        copy = Path(scratch) / "checkout"
        copy_tree(Path(prepared.plan.root), copy)
        for change in prepared.changes:
            target = copy / change.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)  # it may be a link to the real one
            target.write_bytes(change.after)
        yield copy


def copy_tree(source: Path, copy: Path, root: Path | None = None) -> None:
    """A copy of a checkout to try things in: its code as copies, its large files as links, its repository left out.

    Nothing in the copy may be written through: replace a file, don't change it. `root` is where the whole copy is of.
    """
    from ..checkout.made import is_made
    from ..kinds import is_code

    root = root or source.resolve()
    copy.mkdir()
    for entry in source.iterdir():
        target = copy / entry.name
        if is_made(entry):
            continue
        if entry.is_symlink():
            # A link inside the checkout leads to the copy's own file, so that what was applied is what runs.
            inside = not entry.readlink().is_absolute() and entry.resolve().is_relative_to(root)
            target.symlink_to(entry.readlink() if inside else entry.resolve())
        elif entry.is_dir():
            copy_tree(entry, target, root)
        elif stat.S_ISREG(entry.stat().st_mode):
            if entry.stat().st_size > COPIED_BYTES and not is_code(entry.name):
                target.symlink_to(entry.resolve())
            else:
                shutil.copyfile(entry, target)
