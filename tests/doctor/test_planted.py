"""Every trap, planted under a fresh name in trees of each kind, is found; the sound op next to it is not complained of."""

from __future__ import annotations

import pytest
from checkouts import copy_fixture

from doctor.planting import Trap, plant
from doctor.traps import ALL, TRAPS
from newop_gen.checkout.tree import Tree
from newop_gen.doctor import checks
from newop_gen.doctor.finding import Finding
from newop_gen.doctor.subject import Subject

# Found in other ways than by changing the sound op's text; each has a test of its own in test_found_otherwise, test_collected, or test_guide.
ELSEWHERE = {
    "lfs-pointer", "missing-column", "malformed-row", "no-modes", "silent-formula", "missing-key-escapes",
    "unsortable-op", "single-source", "parts-ignored", "parts-not-given", "empty-cell", "not-shared", "single-valued-axis",
    "negative-below-grid", "wrap-arm-missing", "seq-split-missing", "fpm-missing", "export-missing",
}  # fmt: skip


def findings(root) -> list[Finding]:
    return list(checks.run(Subject.of(Tree.open(root))))


def of_kelp(found: list[Finding]) -> list[Finding]:
    """Findings about the planted op."""
    return [f for f in found if "kelp" in f"{f.names} {f.what}".lower()]


@pytest.mark.parametrize("fixture", ALL)
def test_a_sound_op_is_not_complained_of(fixture, tmp_path) -> None:
    root = copy_fixture(fixture, tmp_path)
    before = findings(root)
    plant(root)
    subject = Subject.of(Tree.open(root))
    after = list(checks.run(subject))
    assert not of_kelp(after), of_kelp(after)
    assert {(f.code, f.names) for f in after} == {(f.code, f.names) for f in before}
    # It was seen, not overlooked.
    assert "load_kelp_stir_data" in subject.tables.loaders
    assert "_kelp_stir_data" in subject.queries.by_attribute
    assert {"ContextKelpStir", "GenerationKelpStir"} <= set(subject.queries.operations)
    assert {w.phase for w in subject.wirings.found if w.model == "KelpStirModel"} == {"context_ops", "generation_ops"}


CASES = [(trap, fixture) for trap in TRAPS for fixture in trap.fixtures]


@pytest.mark.parametrize(("trap", "fixture"), CASES, ids=[f"{t.code}-{f}-{TRAPS.index(t)}" for t, f in CASES])
def test_a_planted_trap_is_found(trap: Trap, fixture: str, tmp_path) -> None:
    root = copy_fixture(fixture, tmp_path)
    plant(root, trap)
    found = of_kelp(findings(root))
    assert trap.code in {f.code for f in found}, found
    for finding in found:
        assert finding.place.line > 0
        assert finding.mend and finding.what


def test_every_code_is_planted() -> None:
    assert {t.code for t in TRAPS} | ELSEWHERE == set(checks.codes())
    assert not {t.code for t in TRAPS} & ELSEWHERE
