"""Set-up of all tests: what they may need as fixtures, deterministic property tests, what was skipped, what each costs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from fixture_selfcheck import checked
from hypothesis import HealthCheck, settings
from support import durations, frugal, needs, untouched
from support.composed import BUILT, changed_fixtures
from support.releases import Release, ReleaseUnavailable, changed_tables, copy_release
from support.thorough import THOROUGH

# The same examples on every run and every machine; a found failure is kept as a test of its own.
settings.register_profile(
    "newop", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("newop")

_UNTOUCHED = pytest.StashKey[untouched.Tally]()


def pytest_addoption(parser: pytest.Parser) -> None:
    durations.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(durations.Durations(config), "durations")
    config.stash[_UNTOUCHED] = untouched.Tally()
    untouched.watch()
    frugal.begin()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for need in {"release", "cargo"}.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(need)
    left = [] if THOROUGH else [item for item in items if _is_for_test_all(item)]
    if left:
        items[:] = [item for item in items if not _is_for_test_all(item)]
        config.hook.pytest_deselected(items=left)
    # What builds Rust takes longest, and waits for other builds: it comes first, so that a run ends with short tests,
    # which processes that are done can take from each other.
    builds = {item.path for item in items if item.get_closest_marker("cargo")}
    items.sort(key=lambda item: item.path not in builds)


def _is_for_test_all(item: pytest.Item) -> bool:
    marks = {mark.name for mark in item.iter_markers()}
    return "thorough" in marks or ("fixtures" in marks and checked.unchanged())


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., Release]:
    """`release("0.8.0")`: a fresh copy of that release as a source checkout, for this test alone.

    `git=True` makes it a repository with one commit; `systems=("h200_sxm",)` links that system's measured tables in
    (None: those of all systems). The test is skipped, and counted, when the release can't be had; with
    NEWOP_GEN_REQUIRE_RELEASES set, as in CI, it fails.
    """
    made = 0

    def make(version: str, *, git: bool = False, systems: Collection[str] | None = ()) -> Release:
        nonlocal made
        made += 1
        try:
            return copy_release(version, tmp_path / f"aiconfigurator-{version}-{made}", git=git, systems=systems)
        except ReleaseUnavailable as error:
            needs.RELEASE.missing(str(error), may_fail="set REPO" not in str(error))

    return make


@pytest.fixture(scope="session")
def cargo() -> Path:
    """The cargo on the path, for tests that build or run Rust. Without one the test is skipped, and counted; with
    NEWOP_GEN_REQUIRE_CARGO set, as in CI where there is one, it fails."""
    return Path(shutil.which("cargo") or needs.CARGO.missing("no cargo on the path"))


@pytest.fixture(scope="session", autouse=True)
def _what_is_shared_stays_as_it_is() -> None:
    """Tests get hard links to the cache's tables, and read the fixtures where they were put together: none may write
    there."""
    before = set(changed_tables())
    yield
    changed = sorted(set(changed_tables()) - before)
    assert not changed, f"a test wrote through to cached tables: {changed}; remove their directory from the cache"
    written = changed_fixtures()
    assert not written, f"a test wrote to fixtures that others read: {written}; remove {BUILT}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that ran tests says how many bytes its applies changed elsewhere: any is a failure of the run."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["untouched"] = vars(untouched.ALL)
        return
    total = session.config.stash[_UNTOUCHED]
    total.add(untouched.ALL)
    if total.outside:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    said = getattr(node, "workeroutput", {}).get("untouched")
    if said is not None:
        node.config.stash[_UNTOUCHED].add(untouched.Tally(**said))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    total = terminalreporter.config.stash[_UNTOUCHED]
    terminalreporter.line(f"{total}{': ' if total.where else ''}{'; '.join(total.where[:5])}", red=total.outside > 0)
    skipped = [str(r.longrepr[2]) for r in terminalreporter.stats.get("skipped", [])]
    for need in needs.ALL:
        if reasons := [reason for reason in skipped if need.label in reason]:
            terminalreporter.section(need.heading, red=True, bold=True)
            terminalreporter.line(f"{len(reasons)} tests were skipped: they need {need.what}.")
            for reason in sorted(set(reasons)):
                terminalreporter.line(f"  {reason}")
