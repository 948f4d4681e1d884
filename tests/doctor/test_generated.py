"""What newop-gen itself inserts has none of the defects, in any layout: the examples, applied to every fixture.

Where a tree has gates for ops (context parallelism, the compiled engine), an op of a spec stops at those that it can't
pass, rather than answer wrongly. The plan's notes say so, and so does doctor.
"""

from __future__ import annotations

import pytest
from checkouts import VERSIONS, copy_fixture
from support.owned import patched_fixture

from newop_gen.checkout.tree import Tree
from newop_gen.doctor import checks
from newop_gen.doctor.subject import Subject

GATES = {"v0_10": {"parts-refused", "unconverted-op"}, "v0_11": {"parts-refused", "unconverted-op"}}


@pytest.mark.parametrize("fixture", list(VERSIONS))
def test_generated_ops_have_no_finding(fixture, tmp_path) -> None:
    plain = Subject.of(Tree.open(copy_fixture(fixture, tmp_path / "plain")))
    patched = Subject.of(Tree.open(patched_fixture(fixture, tmp_path / "patched")))
    before = {(f.code, f.names) for f in checks.run(plain)}
    new = [f for f in checks.run(patched) if (f.code, f.names) not in before]
    assert {f.code for f in new} == GATES.get(fixture, set()), new
    # All of it was recognised: loaders, queries, operations, wirings.
    assert len(patched.tables.loaders) == len(plain.tables.loaders) + 5
    assert len(patched.queries.found) > len(plain.queries.found) + 5
    assert len(patched.queries.operations) >= len(plain.queries.operations) + 8
    assert len(patched.wirings.found) > len(plain.wirings.found)
