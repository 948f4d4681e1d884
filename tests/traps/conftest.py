"""Two trees of one release: with the guide's op inserted by hand, and with the generated one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.applying import SPECS, apply_specs
from support.releases import Release
from support.synthetic import SystemRoot, grid

from traps import guide


@dataclass
class Pair:
    """The same table under both ops. `guide` and `ours` run code with `db` open on it."""

    guide_tree: Release
    our_tree: Release
    root: SystemRoot

    def guide(self, code: str):
        return self.guide_tree.run(PRELUDE + self.root.opening() + code)

    def ours(self, code: str):
        return self.our_tree.run(PRELUDE + self.root.opening() + code)


PRELUDE = """\
import logging
logging.disable(logging.CRITICAL)
from aiconfigurator.sdk import common, operations as ops, perf_database as pd
Mode = common.DatabaseMode
def outcome(call):
    try:
        return call()
    except Exception as error:
        return type(error).__name__
"""

ROWS = grid({"param1": (32, 64), "param2": (8, 16), "batch_size": (1, 2, 4), "seq_len": (16, 64, 256)}, power=500.0)


@pytest.fixture
def pair(release, tmp_path, spec_file):
    def make(version: str = "0.8.0", rows=None, **options) -> Pair:
        by_hand, generated = release(version), release(version)
        guide.insert(by_hand.sdk, **options)
        apply_specs(generated.root, [spec_file("new_op", {})], lint=False)
        root = SystemRoot.like(by_hand, tmp_path / "systems")
        root.table("new_op_context_perf.txt", rows or ROWS)
        root.table("new_op_generation_perf.txt", rows or ROWS)
        return Pair(by_hand, generated, root)

    return make


@pytest.fixture
def spec_file(tmp_path: Path):
    """A variant of an example spec: `spec_file("new_op", {"old text": "new text"})`."""

    def make(name: str, changes: dict[str, str], *, wired: bool = False) -> Path:
        text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
        if not wired:
            text = text[: text.index("wiring:")]
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return make
