"""`newop-gen apply`: plan, and show it, check it or write it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ..problems import Exit, Interrupted, IoFault, NewopError, Place, Problem
from .output import Progress, caution, counted, emit_json, error_line, print_bytes, remark, say, tell_unwired

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..model.loaded import LoadedOp
    from ..plan import Prepared
    from ..write.apply import Receipt
    from ..write.recover import RecoveryReport
    from ..write.state import Home


@click.command("apply", short_help="Put the ops of one or more specs into a checkout.")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC...")
@click.option(
    "--checkout",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A repository root, a `src` root or an installed package.",
)
@click.option("--dry-run", is_flag=True, help="Show the diff, step by step, and write nothing.")
@click.option("--full", is_flag=True, help="With --dry-run: show all rows of new perf tables, too.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit with 1 when something is to be done (shown with --dry-run).",
)
@click.option(
    "--patch",
    "patch_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write what is to be done as a patch for `git apply`.",
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write a review page: what changes and why, diffs, plots, verification, spec. One file, no scripts.",
)
@click.option(
    "--verification",
    "verifications",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A report of `verify --json` to show on the page. May be repeated, one per spec.",
)
@click.option("--verify", "verify_now", is_flag=True, help="Verify now, in a copy, and show it on the page (minutes).")
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON (newop-gen/report/1).")
@click.option("--allow-dirty", is_flag=True, help="Write to files that have changes which are in no commit.")
def command(
    specs: tuple[Path, ...],
    checkout: Path,
    dry_run: bool,
    full: bool,
    check: bool,
    patch_file: Path | None,
    html_file: Path | None,
    verifications: tuple[Path, ...],
    verify_now: bool,
    as_json: bool,
    allow_dirty: bool,
) -> int:
    """Put the ops of one or more specs into a checkout: all edits, or none.

    A dry run shows every edit as a diff, grouped by step, with new perf tables shortened; on a terminal in colour (not
    with NO_COLOR). With --full it shows all, and in a pipe that is the patch that --patch writes. A second apply finds
    nothing to do. The review page of --html shows all that the specs change, also where it is in the checkout already.

    \b
    Examples:
      newop-gen apply new_op.yaml --checkout ~/aiconfigurator --dry-run
      newop-gen apply new_op.yaml --checkout ~/aiconfigurator
      newop-gen apply a.yaml b.yaml --checkout . --dry-run --patch ops.patch
      newop-gen apply new_op.yaml --checkout . --dry-run --html review.html --verification verify.json
      newop-gen apply specs/*.yaml --checkout . --check
    """
    if full and not dry_run:
        raise click.UsageError("--full is about what --dry-run shows")
    if html_file is None and (verifications or verify_now):
        raise click.UsageError("--verification and --verify are shown on a page: say where with --html FILE")
    if verifications and verify_now:
        raise click.UsageError("--verification and --verify exclude each other")
    mode: Literal["apply", "dry-run", "check"] = "dry-run" if dry_run else "check" if check else "apply"
    page = _Page(html_file, verifications, verify_now) if html_file else None
    return _Run(specs, checkout, mode, patch_file, page, as_json, allow_dirty, full, check).run()


@dataclass(frozen=True)
class _Page:
    """The review page that was asked for."""

    file: Path
    verifications: tuple[Path, ...]
    verify_now: bool


@dataclass
class _Run:
    """One run of the command."""

    specs: Sequence[Path]
    checkout: Path
    mode: Literal["apply", "dry-run", "check"]
    patch_file: Path | None
    page: _Page | None
    as_json: bool
    allow_dirty: bool
    full: bool = False
    check: bool = False
    loaded: list[LoadedOp] = field(default_factory=list)
    prepared: Prepared | None = None
    notes: list[str] = field(default_factory=list)
    renamed: list[Problem] = field(default_factory=list)

    def run(self) -> int:
        try:
            return self._run()
        except NewopError as error:
            if self.as_json:
                self._report("failed", int(error.exit_code), error.problems)
            raise

    def _run(self) -> int:
        from ..data.named import check_tables
        from ..model.loaded import load_ops
        from ..standing import prepare_or_tell

        self.loaded = load_ops(self.specs)
        check_tables(self.loaded)
        tree, home = self._recovered()
        prepared = self.prepared = prepare_or_tell(self.loaded, tree, self.checkout)
        if prepared.plan.pending:
            self.renamed = self._renamed(home)
            caution(self.renamed)
        if self.mode != "check" and prepared.plan.pending:
            for spec in self.loaded:
                caution(spec.warnings)
        if self.patch_file is not None:
            _write_patch(prepared, self.patch_file)
        if self.page is not None:
            self._write_page(self.page, prepared, tree)
        if self.mode == "apply":
            return self._apply(prepared, tree, home)
        self._foresee(prepared, home)
        if not prepared.plan.pending:
            return self._nothing()
        if self.as_json:
            code = self._pending_code
            self._report("pending", code)
            return code
        if self.mode == "check":
            return self._check(prepared)
        return self._show(prepared)

    def _write_page(self, asked: _Page, prepared: Prepared, tree: Tree) -> None:
        from ..runs.whole import whole
        from .reviewing import read_verifications, verify_now, write_page

        reports = read_verifications(asked.verifications, self.loaded)
        if asked.verify_now:
            with Progress() as progress:
                reports = verify_now(self.loaded, self.checkout, prepared, progress)
        shown = whole(self.loaded, tree, prepared)
        if self.mode == "apply" and prepared.plan.pending:  # what is true before the run will not be after it
            shown = replace(shown, state="", done=None)
        write_page(shown, self.loaded, self.checkout, asked.file, reports)
        remark(f"review page: {asked.file}")

    def _renamed(self, home: Home) -> list[Problem]:
        """Ops that these specs named before. Two ops from one file may be meant, so this is said, not refused."""
        from ..standing import renamed
        from ..write.receipts import read_all

        try:
            return renamed(self.loaded, read_all(home), self.checkout)
        except NewopError:  # an apply says what is wrong with the records itself
            return []

    def _recovered(self) -> tuple[Tree, Home]:
        """The checkout, opened for all that follows. Before anything is planned an interrupted run is recovered: the
        files that it left may not even be plannable."""
        from ..checkout.tree import Tree
        from ..write.journal import pending
        from ..write.recover import recover
        from ..write.state import Home

        tree = Tree.open(self.checkout)
        home = Home.of(tree.root)
        if pending(home):
            if self.mode != "apply":
                raise _unfinished(str(tree.root))
            self.notes += _recovery(recover(tree.root))
            tree = Tree.open(self.checkout)
        return tree, home

    def _foresee(self, prepared: Prepared, home: Home) -> None:
        """Warn of what would keep an apply from happening."""
        from ..write.receipts import read_all
        from ..write.targets import check_plan

        try:
            check_plan(home, prepared, read_all(home), allow_dirty=self.allow_dirty)
        except NewopError as refusal:
            self.notes += [f"apply would refuse: {problem}" for problem in refusal.problems]
        for note in self.notes:
            error_line(note, "warning")

    def _show(self, prepared: Prepared) -> int:
        from ..review.diff import git_prefix, patch
        from ..review.terminal import DATA_LINES, show

        most = None if self.full else DATA_LINES
        if self.page is not None or str(self.patch_file) == "-":
            pass  # the page, or the patch before, has the diff
        elif sys.stdout.isatty():
            show(prepared.plan, sys.stdout, most)
        else:
            print_bytes(patch(prepared.plan, git_prefix(prepared.plan.root), most))
        tell_unwired(self.loaded)
        remark(f"dry run: {_pending(prepared)}; nothing was written")
        return self._pending_code

    def _check(self, prepared: Prepared) -> int:
        for number, step in enumerate(prepared.plan.steps, 1):
            if not step.done:
                files = ", ".join(dict.fromkeys(edit.path for edit in step.edits if not edit.done))
                say(f"step {number}, {step.op}, {step.key}: {step.title}: {files}")
        remark(_pending(prepared))
        return self._pending_code

    @property
    def _pending_code(self) -> Exit:
        """Of a run that writes nothing, where there is something to do."""
        return Exit.FOUND if self.check else Exit.DONE

    def _apply(self, prepared: Prepared, tree: Tree, home: Home) -> int:
        from ..prepare import planner
        from ..runs import apply_plan, refs

        receipt = apply_plan(
            prepared,
            planner(self.loaded, tree),
            home=home,
            allow_dirty=self.allow_dirty,
            specs=refs(self.loaded),
        )
        self.prepared = receipt.prepared
        self.notes += [*_recovery(receipt.recovered), *receipt.notes]
        assert self.prepared is not None
        if receipt.nothing:
            return self._nothing()
        if self.as_json:
            self._report("applied", Exit.DONE)
            return Exit.DONE
        _tell(self.prepared, receipt)
        for note in self.notes:
            remark(f"note: {note}")
        return Exit.DONE

    def _nothing(self) -> int:
        assert self.prepared is not None
        plan = self.prepared.plan
        if self.as_json:
            self._report("nothing-to-do", Exit.DONE)
        else:
            say(f"nothing to do: {', '.join(plan.ops)} {'is' if len(plan.ops) == 1 else 'are'} in {plan.root} already")
            for note in self.notes:
                remark(f"note: {note}")
        return Exit.DONE

    def _report(self, outcome: str, code: int, problems: Sequence[Problem] = ()) -> None:
        from ..review.report import report

        emit_json(
            report(
                self.prepared.plan if self.prepared else None,
                command="apply",
                mode=self.mode,
                outcome=outcome,
                exit_code=code,
                checkout=str(self.checkout),
                changes=self.prepared.changes if self.prepared else (),
                problems=problems,
                warnings=[*self.renamed, *(warning for spec in self.loaded for warning in spec.warnings)],
                notes=self.notes,
            )
        )


def _tell(prepared: Prepared, receipt: Receipt) -> None:
    plan = prepared.plan
    for number, step in enumerate(plan.steps, 1):
        state = "nothing here" if not step.edits else "there already" if step.done else "done"
        say(f"step {number} of {len(plan.steps)}, {step.op}, {step.key}: {step.title}: {state}")
        for note in step.notes:
            say(f"  note: {note}")
        for skip in step.skips:
            say(f"  skipped: {skip.what}: {skip.why}")
    created = f", {counted(len(receipt.created), 'file')} created" if receipt.created else ""
    say(
        f"applied {', '.join(plan.ops)} to {plan.root} (layout {plan.layout}): "
        f"{counted(len(receipt.changed), 'file')} changed{created}"
    )


def _pending(prepared: Prepared) -> str:
    steps = sum(not step.done for step in prepared.plan.steps)
    created = sum(change.before is None for change in prepared.changes)
    changed = len(prepared.changes) - created
    return f"{counted(steps, 'step')} to do, {counted(changed, 'file')} to change, {created} to create"


def _recovery(report: RecoveryReport) -> list[str]:
    if report.outcome == "nothing":
        return []
    return [f"an interrupted {report.command} was found and {report.outcome} first", *report.notes]


def _write_patch(prepared: Prepared, file: Path) -> None:
    from ..review.diff import git_prefix, patch

    data = patch(prepared.plan, git_prefix(prepared.plan.root))
    if str(file) == "-":
        print_bytes(data)
        return
    try:
        file.write_bytes(data)
    except OSError as error:
        found = f"the patch can't be written ({error.strerror})"
        raise IoFault(Problem(Place(str(file)), found, "a file that can be written", "", "patch")) from None


def _unfinished(root: str) -> Interrupted:
    return Interrupted(
        Problem(
            Place(root),
            "a run that is not finished was found (interrupted, or still at work): files may be neither old nor new",
            "",
            "`newop-gen recover --checkout DIR`, or any apply, puts right what was interrupted",
            "interrupted",
        )
    )
