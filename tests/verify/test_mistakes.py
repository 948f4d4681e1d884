"""Every mistake of the catalogue is caught by its cause, and a correct op raises no alarm.

`make mistakes` prints the same as a table, on 0.6 and 0.7, too. About 150 s of processor time here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from checkouts import VERSIONS
from support.applying import EXAMPLES
from support.owned import patched_fixture
from support.releases import RELEASES, Release

from verify.catalogue import MISTAKES
from verify.seeding import Bed, NoSuchPlace, outcome, replaced

# Parts of about 20 s each, for the workers to share.
PARTS = {"0.8.0": 6, "0.10.0": 3}


@pytest.fixture
def bed(release, tmp_path) -> Iterator:
    beds: list[Bed] = []

    def make(version: str) -> Bed:
        beds.append(Bed.make(release(version), tmp_path))
        return beds[-1]

    yield make
    for one in beds:
        one.close()


@pytest.mark.parametrize(("version", "part"), [(v, p) for v, parts in PARTS.items() for p in range(parts)])
def test_mistakes_are_caught_and_named(bed, version, part) -> None:
    made = bed(version)
    chosen = [m for m in MISTAKES if version in m.releases][part :: PARTS[version]]
    wrong = []
    for mistake in chosen:
        found = outcome(made, mistake)
        if not found.caught:
            wrong.append(f"{mistake.name} got by")
        elif not found.right:
            wrong.append(f"{mistake.name} is called {found.named}, not {' or '.join(mistake.right)}")
    assert not wrong, "\n".join(wrong)
    for spec in dict.fromkeys(m.spec for m in chosen):  # nothing of them is left
        assert made.verify(spec).passed


def test_the_catalogue_is_large_enough_on_either_kind_of_layout() -> None:
    for version in PARTS:
        assert sum(version in m.releases for m in MISTAKES) >= 30
    assert len({m.name for m in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("version", RELEASES)
def test_a_correct_op_raises_no_alarm(bed, version) -> None:
    made = bed(version)
    for spec in EXAMPLES:
        report = made.verify(spec.stem)
        assert report.passed, [(r.check, r.failures) for r in report.broken]
        assert sum(r.points for r in report.results) > 900
        # 0.6 knows no hybrid models; everything else has something to be asserted on.
        skipped = [r.check for r in report.results if r.status == "skipped"]
        assert not skipped or (version == "0.6.0" and all("NemotronH" in s for s in skipped)), skipped


@pytest.mark.parametrize("name", ["v0_9", "v0_11"])
def test_a_correct_op_raises_no_alarm_where_there_is_no_wheel(name, tmp_path) -> None:
    """The fixtures stand for those releases, whose layouts and rules they have."""
    made = Bed.on(Release(VERSIONS[name], patched_fixture(name, tmp_path)), tmp_path)
    try:
        for spec in EXAMPLES:
            report = made.verify(spec.stem)
            assert report.passed, [(r.check, r.failures) for r in report.broken]
            assert sum(r.points for r in report.results) > 900
    finally:
        made.close()


def test_a_mistake_that_has_no_place_is_an_error_and_not_a_caught_one() -> None:
    source = "def one():\n    return 1\n\n\ndef two():\n    return 1\n"
    assert replaced(source, "two", "return 1", "return 2") == "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
    for scope, old in (("", "return 1"), ("one", "return 2"), ("three", "return 1")):
        with pytest.raises(NoSuchPlace):
            replaced(source, scope, old, "pass")
