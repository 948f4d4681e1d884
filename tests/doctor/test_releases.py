"""On released trees: the defects that are known to be in them, and nothing else."""

from __future__ import annotations

import pytest

from doctor.verdicts import VERDICTS
from newop_gen.checkout.tree import Tree
from newop_gen.doctor import checks
from newop_gen.doctor.run import Options, checkup
from newop_gen.doctor.subject import Subject


@pytest.mark.parametrize("version", list(VERDICTS))
def test_what_is_found_in_a_release_was_gone_through_by_hand(version, release) -> None:
    subject = Subject.of(Tree.open(release(version).root))
    found: dict[str, list[str]] = {}
    for finding in checks.run(subject):
        # Of names that can't be sorted, the name tells them apart, not the class.
        found.setdefault(finding.code, []).append(finding.names[finding.code == "unsortable-op"])
    for code in ("lfs-pointer", "not-shared"):  # about tables, which these trees are without, or have in part
        found.pop(code, None)
    assert {code: sorted(names) for code, names in found.items()} == {
        code: names.split() for code, names in VERDICTS[version].items()
    }
    # Most of a release is sound, and all of it was looked at.
    assert len(subject.tables.loaders) >= 15
    assert len(subject.queries.found) >= 13
    assert len(subject.wirings.found) >= 80
    assert not subject.code.lacking


def test_what_lost_rows_cost_is_measured_on_the_releases_own_table(release) -> None:
    tree = release("0.8.0", systems=("gb200",))
    found = checkup(tree.root, Options(ops=("mamba2",)))
    effects = [f.effect for f in found.findings if f.code == "lost-rows"]
    assert len(effects) == 1
    assert effects[0].count("88 of 88 generation rows dropped in gb200/trtllm/") == 2
