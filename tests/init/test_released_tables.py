"""Upstream's own tables: a valid first spec of each kind. Each kind once, the smallest; all of them take minutes."""

from __future__ import annotations

import pytest

from newop_gen.init.choices import Choices
from newop_gen.init.start import from_tables
from newop_gen.init.where import Where
from newop_gen.init.write import checked


@pytest.mark.parametrize("version", ["0.6.0", "0.8.0", "0.10.0"])
def test_each_kind_of_table_gives_a_valid_spec(release, version):
    if version == "0.10.0":
        pytest.importorskip("pyarrow")
    root = release(version, systems=("h200_sxm",)).root
    kinds = {}
    for path in sorted(root.glob("**/systems/data/h200_sxm/**/*_perf.*"), key=lambda p: (p.stat().st_size, str(p))):
        kinds.setdefault(path.name, path)
    assert len(kinds) >= 10
    for path in kinds.values():
        if path.stat().st_size < 400_000:
            started = from_tables([path], Choices(), op="", where=Where(), systems=["h200_sxm"], below=path.parent)
            assert checked(started.text).spec.nesting, path
