"""The hand-written guide's own text, put where the guide says: what it gets wrong is found."""

from __future__ import annotations

import pytest
from checkouts import copy_fixture
from traps import guide

from doctor.test_planted import findings

EVERYWHERE = {
    "last-row-wins",  # T13: the loader replaces a row by a later one
    "key-made-on-lookup",  # T8: self._new_op_data[param1] on a defaultdict
    "undefined-name",  # T2: interp_3d does not exist
    "batch-counted-twice",  # T4: s=x beside the batch
    "uncached-query",  # T16: the queries beside it keep their answers
    "beams-ignored",  # T4: b=x in generation, whatever the beams
}
ALSO = {
    "v0_6": set(),
    # T3: with a wrapper, `is None` is never true; the direct call works, as the guide says. T16: others log at debug
    "v0_8": {"warns-without-file"},
    # T3: one path, which bypasses the other sources; T11: the 16-bit peak has another name; T12: no source; T13: power of row 0
    "v0_9": {"missing-gpu-key", "untagged-result", "power-of-first-row", "single-source", "warns-without-file"},
}


@pytest.mark.parametrize("fixture", list(ALSO))
def test_what_the_guide_gets_wrong_is_found(fixture, tmp_path) -> None:
    root = copy_fixture(fixture, tmp_path)
    before = {(f.code, f.names) for f in findings(root)}
    guide.insert(root / "src" / "aiconfigurator" / "sdk", interpolate=True)
    new = [f for f in findings(root) if (f.code, f.names) not in before]
    assert all("new_op" in " ".join(f.names).lower() or "newop" in " ".join(f.names).lower() for f in new), new
    assert {f.code for f in new} >= EVERYWHERE | ALSO[fixture]
    # The second member of the guide is loaded nowhere; that is all there is besides.
    assert {f.code for f in new} - EVERYWHERE - ALSO[fixture] <= {"unloaded-member", "stored-none"}
