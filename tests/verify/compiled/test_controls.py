"""The Rust code of a generated op, changed one place at a time: verify notices each change, and nothing where there is
none. Some can be asked for from Rust alone (the SOL of a whole forward pass, the row that a malformed table is told
with): the unit tests beside the op are a part of verify, and run."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import needs
from support.applying import SPECS
from support.compiled import together
from support.releases import ReleaseUnavailable
from support.standing import standing

from newop_gen.checkout.tree import Tree
from newop_gen.model.loaded import load_op
from newop_gen.prepare import prepare
from newop_gen.verify.run import Options, verify
from newop_gen.write.regions import lines_of_plan

from .changes import KINDS, candidates, chosen, made

SPEC = SPECS / "new_op.yaml"
SYSTEMS = ("h200_sxm",)
NONE_HERE = {"rounding"}  # an op by batch and length divides no tokens
OPTIONS = Options()


@pytest.fixture(scope="module")
def root(cargo, tmp_path_factory):
    try:
        with standing("0.12.0", together(tmp_path_factory.mktemp("specs")), systems=SYSTEMS) as found:
            yield found
    except ReleaseUnavailable as error:
        needs.RELEASE.missing(str(error))


@pytest.mark.thorough
def test_verify_notices_each_kind_of_change_and_nothing_else(root) -> None:
    loaded = load_op(SPEC)
    assert verify(loaded, root, OPTIONS).passed
    found = candidates(root, lines_of_plan(prepare([loaded], Tree.open(root)).plan))
    own = [c for c in found if Path(c.path).stem == loaded.op.name or c.kind == "arm"]
    changes = chosen(own, 1, 1)
    assert {c.kind for c in changes} == {*KINDS} - NONE_HERE
    unnoticed = []
    for change in changes:
        with made(root, change):
            if verify(loaded, root, OPTIONS).passed:
                unnoticed.append(str(change))
    assert not unnoticed, "\n".join(unnoticed)
    assert verify(loaded, root, OPTIONS).passed
