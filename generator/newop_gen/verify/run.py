"""One verification from start to end."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..checkout.tree import Tree
from ..model.op import Op
from ..problems import CheckoutRefused, IoFault, NewopError, Place, Problem
from ..spec.load import LoadedSpec
from .bench import EMPTY, MADE_UP, Bench
from .checks import chosen, loading, lookup, modes, objects, operations, refusals, unit_test, upstream, wiring
from .checks.inserted import absent, inserted, look
from .datasets import spec_tables
from .result import Cause, CheckResult, Report, Tally
from .session import CheckoutFailed, Session, session

PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Options:
    """What to verify besides the op's own checks."""

    python: Path | None = None
    data: tuple[Path, ...] = ()
    unit_test: bool = True
    build: bool = True  # of a checkout whose ops are compiled
    copy_of: Path | None = None  # the checkout that this is a passing copy of: what was built of it serves here, too
    cli: bool = False
    model: str | None = None  # for `cli`
    upstream_tests: bool = False


def verify(
    loaded: LoadedSpec, checkout: Path, options: Options = Options(), report: Callable[[str], None] = lambda _: None
) -> Report:
    """Runs an applied op in the user's checkout and holds it against its spec.

    Raises `CheckoutRefused` when the directory is no supported checkout or the op is not applied there, `SpecError`
    for a data file that can't be read, `IoFault` when no interpreter can run the checkout.
    """
    from ..layouts.recognise import layout_of

    tree = Tree.open(checkout)  # refused before an interpreter is looked for, or made
    layout = layout_of(tree)
    rules = layout.rules(tree)
    if rules.crate is None and rules.loading is None:
        raise CheckoutRefused(
            Problem(Place(str(tree.root)), f"layout {layout.name!r} can't be verified yet", "", "", "verify-layout")
        )
    if rules.crate is not None:
        from .compiled.flow import verify_compiled

        return verify_compiled(loaded, tree, rules.crate, options, report)
    with session(checkout, options.python, report) as conversation:
        return verify_in(conversation, loaded, checkout, options, report)


def verify_in(
    conversation: Session, loaded: LoadedSpec, checkout: Path, options: Options, report: Callable[[str], None]
) -> Report:
    """The same in a session that is open already."""
    from ..layouts.recognise import layout_of

    started = time.monotonic()
    tree = Tree.open(checkout)
    layout = layout_of(tree)
    op = Op.from_spec(loaded.spec)
    with tempfile.TemporaryDirectory(prefix="newop-verify-") as scratch:
        bench = Bench(op, loaded.path, layout.facts(tree), layout.rules(tree), conversation, Path(scratch))
        found = look(bench)
        if absent(found):
            raise CheckoutRefused(not_applied(op, loaded, checkout))
        results: list[CheckResult] = []
        try:
            for result in _checks(bench, found, loaded, options, report):
                results.append(result)
        except IoFault as gone:
            if not bench.datasets:
                raise  # nothing was verified yet
            results.append(_broken_off(str(gone)))
    return Report(
        op.name,
        str(loaded.path),
        str(checkout),
        layout.name,
        conversation.python,
        tuple(d.name for d in bench.datasets),
        tuple(results),
        time.monotonic() - started,
        loaded.sha256,
        tuple(bench.reached),
    )


def _checks(
    bench: Bench, found: dict[str, Any], loaded: LoadedSpec, options: Options, report: Callable[[str], None]
) -> Iterator[CheckResult]:
    first = inserted(bench, found)
    yield first
    if first.status == "failed":
        return  # the rest would say the same many times over
    yield from _guarded("tables", lambda: _open(bench, loaded, options))
    if not bench.datasets:
        return
    for data in bench.datasets:
        report(f"tables: {data.name}")
        for name, check in (
            ("leaves", loading.leaves),
            ("registration", loading.registration),
            ("pre-interpolation", loading.pre_interpolation),
            ("measured", lookup.measured),
            ("between", lookup.between),
            ("outside", lookup.outside),
        ):
            results = _guarded(name, lambda check=check, data=data: check(bench, data))  # type: ignore[misc]
            yield from results if data.own else _of(results, data.name)
    report("modes")
    catalogue: dict[str, Any] = bench.session.ask("catalogue")
    for name, step in (
        ("sol", lambda: modes.speed_of_light(bench)),
        ("empirical", lambda: modes.empirical(bench)),
        ("missing", lambda: refusals.missing(bench)),
        ("hybrid", lambda: modes.hybrid(bench)),
        ("source-tags", lambda: modes.tags(bench)),
        ("table-unchanged", lambda: refusals.unchanged(bench)),
        ("caching", lambda: refusals.caching(bench)),
        ("support-matrix", lambda: loading.support(bench)),
        ("objects", lambda: objects.objects(bench) if bench.compiled else []),
    ):
        yield from _guarded(name, step)
    report("operations")
    yield from _guarded("operation", lambda: operations.operations(bench, catalogue))
    report("models")
    yield from _guarded("wiring", lambda: wiring.wirings(bench, catalogue))
    if options.unit_test:
        report("unit test")
        yield from _guarded("unit-test", lambda: [unit_test.unit_test(bench)])
    if options.upstream_tests:
        report("upstream's tests, before and after (minutes)")
        yield from _guarded("upstream-tests", lambda: [upstream.upstream(bench, report)])
    if options.cli:
        report("aiconfigurator cli default (minutes)")
        yield from _guarded("cli", lambda: [chosen.command(bench, catalogue, options.model, report)])


def _open(bench: Bench, loaded: LoadedSpec, options: Options) -> list[CheckResult]:
    """Databases on the made-up tables, on none, and on the spec's or the user's."""
    bench.add(MADE_UP, bench.made_up())
    bench.opened[EMPTY] = bench.reopen(EMPTY, {})
    for name, texts in spec_tables(bench, loaded, options.data):
        bench.add(name, texts)
    return []


def _guarded(name: str, check: Callable[[], Sequence[CheckResult]]) -> Sequence[CheckResult]:
    """A check's results. One that can't be carried out, because the checkout's code fails where no check expects it
    to, or by a defect of its own, is a failed check and not a traceback: what the others found is not lost with it.

    Raises what is a `NewopError`: a table that can't be read, or an interpreter that is gone, ends the checks.
    """
    try:
        return check()
    except NewopError:
        raise
    except CheckoutFailed as failed:
        text = failed.text
        cause = Cause("check-error", f"the checkout's code fails in the middle of a check: {text}")
    except Exception as error:
        text = f"{type(error).__name__}: {error} ({_place(error)})"
        cause = Cause("check-crashed", f"newop-gen itself fails in the middle of a check, please report it: {text}")
    return [_not_carried_out(name, text, cause)]


def _broken_off(text: str) -> CheckResult:
    """What stands for the checks that were still to come when the checkout's interpreter was gone."""
    return _not_carried_out("interpreter", text, Cause("interpreter-gone", f"the rest can't be checked: {text}"))


def _not_carried_out(name: str, text: str, cause: Cause) -> CheckResult:
    tally = Tally(name, "the check can be carried out")
    tally.holds(False, name, "an answer", text)
    tally.blame(cause)
    return tally.result()


def _place(error: Exception) -> str:
    """The innermost line of this package that an exception came through."""
    frames = traceback.extract_tb(error.__traceback__)
    here = [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)] or frames[-1:]
    return f"{Path(here[-1].filename).name}:{here[-1].lineno} in {here[-1].name}"


def _of(results: Sequence[CheckResult], name: str) -> list[CheckResult]:
    return [replace(r, check=f"{r.check} ({name})") for r in results]


def not_applied(op: Op, loaded: LoadedSpec, checkout: Path) -> Problem:
    return Problem(
        Place(str(checkout)),
        f"op {op.name!r} is not in this checkout",
        "a checkout to which the spec was applied",
        f"`newop-gen apply {loaded.path} --checkout {checkout}`",
        "not-applied",
    )
