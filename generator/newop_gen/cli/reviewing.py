"""What a review shows beside the plan: its page, and verifications.

Shared by `apply --html` and `pr-text`.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..problems import IoFault, Place, Problem, SpecError

if TYPE_CHECKING:
    from ..plan import Prepared
    from ..review.html import Verification
    from ..runs.whole import Whole
    from ..spec.load import LoadedSpec

# Larger files of a checkout are measured tables: a copy gets links to them.
COPIED_BYTES = 2**20


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
    from ..verify.run import Options, verify
    from ..verify.show import as_json

    reports = []
    with _applied(checkout, prepared, tell) as place:
        options = Options(copy_of=None if place == checkout else Path(prepared.plan.root))
        for spec in loaded:
            tell(f"verify {spec.spec.op}")
            reports.append(Verification.model_validate(as_json(verify(spec, place, options, tell))))
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
