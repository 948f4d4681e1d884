"""A verification of a compiled op from start to end: built, loaded, asked, its Rust tests run; or said not to be."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...checkout.tree import Tree
from ...layouts.crate import LISTED_IN, Crate
from ...layouts.recognise import layout_of
from ...model.loaded import LoadedOp
from ...model.op import Op
from ...plan import Plan
from ...prepare import prepare
from ...problems import CheckoutRefused, Conflict, IoFault, NewopError, Place, Problem, SpecError
from ...spec.load import LoadedSpec
from ...tables.convert import in_form
from ...write.regions import Lines, lines_of_ops, lines_of_plan
from ..result import BuildReport, Cause, CheckResult, Report, Tally
from ..session import Extension, chosen_python, session
from ..suites import NotRun
from ..table import BadRow, read_table
from .builds import using
from .cargo import NoCargo, Said
from .diagnosis import Located, locate
from .make import Builder, BuildFailed, Built
from .unit_tests import run_tests

if TYPE_CHECKING:
    from ..run import Options

NO_CARGO = "there is no cargo on the path"
ASKED_NOT_TO = "--no-build"


@dataclass(frozen=True)
class Making:
    """What making and judging a build needs to know."""

    loaded: LoadedSpec
    tree: Tree
    crate: Crate
    report: Callable[[str], None]

    @property
    def directory(self) -> Path:
        return Path(os.path.realpath(self.tree.root / self.crate.folder))

    @functools.cached_property
    def plan(self) -> Plan:
        """The spec planned against the checkout as it is. Raises as `prepare`."""
        return prepare([LoadedOp.of(self.loaded)], self.tree).plan

    def located(self, said: tuple[Said, ...]) -> list[Located]:
        return locate(said, self.tree.root, self.directory, self._lines(), self.loaded)

    def _lines(self) -> list[Lines]:
        """Lines of ops: as recorded, else as the spec's plan finds them done."""
        recorded: list[Lines] = []
        with contextlib.suppress(NewopError):
            recorded = lines_of_ops(self.tree.root)
        if any(lines.op == self.loaded.spec.op for lines in recorded):
            return recorded
        with contextlib.suppress(NewopError):
            recorded += lines_of_plan(self.plan)
        return recorded


def verify_compiled(
    loaded: LoadedSpec, tree: Tree, crate: Crate, options: Options, report: Callable[[str], None]
) -> Report:
    """Builds the checkout's extension, asks the op in it, and runs its Rust tests. With `options.build` off, what can
    be said without.

    Raises `IoFault` without cargo, with what was checked without it, and for a build or an interpreter that can't be
    had; `CheckoutRefused` and `SpecError` as `verify` does.
    """
    from ..run import verify_in

    started = time.monotonic()
    making = Making(loaded, tree, crate, report)
    if not options.build:
        return _unbuilt(making, ASKED_NOT_TO, started)
    python = options.python or chosen_python(report)
    try:
        kept = making.directory if options.copy_of is None else options.copy_of / crate.folder
        with using(kept, report) as build:
            builder = Builder(build, crate, tree.root, str(python), report)
            try:
                built = builder.make("extension")
            except BuildFailed as failed:
                return _failed(making, failed, str(python), started)
            with session(tree.root, python, report, _extension(crate, built)) as conversation:
                conversation.built = functools.partial(_of_copy, builder)
                asked = verify_in(conversation, loaded, tree.root, options, report)
            results = [_compiles(making, built), *asked.results]
            if options.unit_test:
                results.append(_rust_tests(making, builder))
    except NoCargo:
        without = _unbuilt(making, NO_CARGO, started)
        raise IoFault(_no_cargo(without)) from None
    told = BuildReport(True, "", built.toolchain, built.digest, round(built.seconds, 3))
    return replace(asked, results=tuple(results), seconds=time.monotonic() - started, build=told)


def _extension(crate: Crate, built: Built) -> Extension:
    return Extension(crate.module, str(built.path), built.sha256)


def _of_copy(builder: Builder, copy: Path) -> Extension:
    """What a copy of the checkout builds. Raises `NotRun` when it does not compile."""
    try:
        return _extension(builder.crate, replace(builder, root=copy).make("extension"))
    except BuildFailed as failed:
        raise NotRun(f"{copy} does not compile: {failed.said[0].text}") from None


def _compiles(making: Making, built: Built) -> CheckResult:
    """The crate compiles, which it did, and none of the compiler's warnings is about a line of the op."""
    tally = Tally("build", "the crate compiles, and the compiler warns of none of the op's lines")
    tally.points += 1
    op = making.loaded.spec.op
    for warning in making.located(built.warnings):
        if warning.op == op:
            tally.holds(False, warning.where, "no warning", warning.text)
            tally.blame(Cause("compiler-warning", f"the compiler warns of a line that was put in: {warning.text}"))
    made = "found built" if built.fresh else f"built in {built.seconds:.1f} s"
    tally.note = f"{built.toolchain}: {made}, {len(built.warnings)} warnings of other lines"
    return tally.result()


def _failed(making: Making, failed: BuildFailed, python: str, started: float) -> Report:
    """The report on sources that don't compile: a finding of its own, with what could be said without a build."""
    tally = Tally("build", "the crate compiles")
    errors = making.located(failed.said)
    for error in errors:
        tally.holds(False, error.where, "it compiles", error.text)
    first = errors[0]
    words = f"does not compile: {first.where}: {first.text}"
    if first.op == making.loaded.spec.op:
        tally.blame(Cause("build-failed", f"a line that was put in {words}"))
    else:
        tally.blame(Cause("build-failed-elsewhere", f"a line that is not of this op {words}"))
    before = _unbuilt(making, "it does not compile", started)
    return replace(before, python=python, results=(*before.results, tally.result()))


def _rust_tests(making: Making, builder: Builder) -> CheckResult:
    """The unit tests that stand beside the op in Rust, and those of what every op has a place in."""
    op = making.loaded.spec.op
    tally = Tally("rust-tests", "the op's own Rust unit tests pass, and the crate's of what each op is listed in")
    making.report("Rust unit tests")
    try:
        built = builder.make("tests")
    except BuildFailed as failed:
        for error in making.located(failed.said):
            tally.holds(False, error.where, "it compiles", error.text)
        tally.blame(Cause("build-failed", f"the crate's tests don't compile: {failed.said[0].text}"))
        return tally.result()
    tests = making.crate.tests_of(op)
    own = [part for part in tests if part not in LISTED_IN]
    found = run_tests(built, making.directory, builder.python, tests, making.report)
    for name, said in found.said.items():
        tally.holds(said != "FAILED", name, "ok", found.why.get(name, said))
    mine = sum(any(part in name for part in own) for name in found.said)
    beside = making.crate.file(f"operators/{op}/tests.rs")
    if (making.tree.root / beside).is_file():
        tally.holds(mine > 0, beside, "unit tests of the op", "none that cargo ran")
    if found.ended:
        tally.holds(False, "the test program", "its end", found.ended)
    if tally.failed:
        first = next(iter(found.failed), found.ended or "none of the op's tests ran")
        tally.blame(Cause("rust-tests", f"a Rust unit test fails: {first}: {found.why.get(first, 'see there')}"))
    tally.note = f"{mine} of the op, {len(found.said) - mine} of what each op is listed in"
    return tally.result()


def _unbuilt(making: Making, why: str, started: float) -> Report:
    """What can be said of a compiled op without a build: nothing that it answers. Raises `CheckoutRefused` when the op
    is not in the checkout."""
    from ..run import not_applied

    loaded, tree = making.loaded, making.tree
    op = Op.from_spec(loaded.spec)
    text = _as_rendered(making)
    if text is None:
        raise CheckoutRefused(not_applied(op, loaded, tree.root))
    results = (text, *_readable(making, op))
    told = BuildReport(False, why, "", "", 0.0)
    seconds = time.monotonic() - started
    layout = layout_of(tree).name
    return Report(
        op.name, str(loaded.path), str(tree.root), layout, "", (), results, seconds, loaded.sha256, build=told
    )


def _as_rendered(making: Making) -> CheckResult | None:
    """Every step of the spec is in the checkout, with the text that the spec makes of it. None where none is."""
    tally = Tally(
        "inserted-text", "every step of the spec is in the checkout, as the spec has it, and the files are sound"
    )
    try:
        planned = making.plan.steps
    except Conflict as conflict:
        for problem in conflict.problems:
            tally.holds(False, str(problem.place), "what the spec makes of it", problem.found)
        tally.blame(
            Cause("inserted-text", f"the checkout has another text than the spec makes: {conflict.problems[0]}")
        )
        return tally.result()
    steps = [step for step in planned if step.edits]
    if not any(step.done for step in steps):
        return None
    for step in steps:
        if not tally.holds(step.done, step.title, "in the checkout", "missing, or another text"):
            tally.blame(
                Cause("piece-missing", f"step {step.key} is not in the checkout as the spec has it: apply it again")
            )
    tally.note = f"{len(steps)} steps in {len({edit.path for step in steps for edit in step.edits})} files"
    return tally.result()


def _readable(making: Making, op: Op) -> list[CheckResult]:
    """The spec's own tables can be filed as its nesting says."""
    results = []
    for entry in making.loaded.spec.data:
        table, path = op.table_of(entry.phase), making.loaded.path.parent / entry.file
        tally = Tally(f"table:{entry.file}", "the table can be read, and filed as the spec's nesting has it")
        try:
            model = read_table(op, table, in_form(path, parquet=False).decode("utf-8"))
        except (BadRow, SpecError, OSError, UnicodeDecodeError) as bad:
            tally.holds(False, entry.file, "rows as the spec's nesting has them", str(bad))
            tally.blame(Cause("data-row", f"the table can't be read: {bad}"))
        else:
            tally.points += len(model.leaves)
            tally.note = (
                f"{len(model.leaves)} keys; {model.repeated} rows repeat one, {model.left_out} are not the op's"
            )
        results.append(tally.result())
    return list({result.check: result for result in results}.values())


def _no_cargo(without: Report) -> Problem:
    """One sentence: that nothing was built, and what was checked without."""
    checked = "; ".join(f"{r.check.partition(':')[0]} {r.status}" for r in without.results)
    return Problem(
        Place(without.checkout),
        f"{NO_CARGO}, so that the op can't be built and nothing that it answers was asked (checked without: {checked})",
        "cargo, as rustup installs it, on the path",
        "--no-build leaves it at that",
        "no-cargo",
    )
