"""The file name of a new table may not be another member's value."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkouts import copy_fixture
from support.applying import SPECS, prepare

from newop_gen.plan import Insertion
from newop_gen.problems import NewopError
from newop_gen.spec.load import load_specs


@pytest.mark.parametrize("fixture", ["v0_6", "v0_8", "v0_9", "v0_10", "v0_11"])
def test_a_file_name_that_another_member_has_is_refused(tmp_path: Path, fixture: str) -> None:
    """Two members of an enum with one value are one member, and Python says nothing of it."""
    root = copy_fixture(fixture, tmp_path)
    loaded = load_specs([SPECS / "new_op_tokens.yaml"])
    plan = prepare(loaded, root).plan
    (edit,) = {e for s, e in plan.step_edits() if s.key == "enum" and b"_perf" in getattr(e, "text", b"")}
    assert isinstance(edit, Insertion)
    path = root / edit.path
    data = path.read_bytes()
    taken = edit.text.replace(edit.text.split()[0], b"somebody_elses", 1)
    path.write_bytes(data[: edit.offset] + taken + data[edit.offset :])
    with pytest.raises(NewopError) as refused:
        prepare(loaded, root)
    found = [p for p in refused.value.problems if p.code == "name-taken"]
    assert ["somebody_elses" in path.read_text("utf-8").split("\n")[p.place.line - 1] for p in found] == [True]
