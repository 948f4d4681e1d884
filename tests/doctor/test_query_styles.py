"""Queries as people write them: what they do with a key that was not collected, and on which axes they interpolate."""

from __future__ import annotations

from pathlib import Path

import pytest

from newop_gen.checkout.tree import Tree
from newop_gen.doctor.checks import axes, missing_keys, stale_cache
from newop_gen.doctor.subject import Subject

MODULE = """\
import csv
from collections import UserDict, defaultdict
from aiconfigurator.sdk.performance_result import PerformanceResult


def load_heron(path):
    table = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: defaultdict())))
    for row in csv.DictReader(open(path)):
        kind, wings, b, s = row["kind"], int(row["wings"]), int(row["batch_size"]), int(row["isl"])
        table[kind][wings][b].setdefault(s, {{"latency": float(row["latency"]), "energy": 0.0}})
    return table


class PerfDatabase:
    def __init__(self, folder):
        self._cache = {{}}
        self._heron = load_heron(folder + common.PerfDataFilename.heron.value)

    def _interp_2d(self, x, y, data: dict) -> dict:
        if id(data) not in self._cache:
            self._cache[id(data)] = sorted(data)
        return {{"latency": 0.0, "energy": 0.0}}

    def query_heron(self, b: int, s: int, kind: str, wings: int, prefix: int = 0):
{body}
        return PerformanceResult(leaf["latency"], energy=leaf["energy"])
"""

SOUND = {
    "get at every level": """
        below = self._heron.get(kind, {}).get(wings, {}).get(b, {})
        leaf = below.get(s)
        if leaf is None:
            raise KeyError(s)
""",
    "in at every level": """
        table = self._heron
        if kind not in table or wings not in table[kind] or b not in table[kind][wings]:
            raise KeyError(b)
        leaf = table[kind][wings][b].get(s)
""",
    "the nearest of the table's own keys": """
        table = self._heron
        nearest = min(table, key=lambda k: len(k))
        leaf = table[nearest].get(wings, {}).get(b, {}).get(s)
""",
    "going through all": """
        leaf = {"latency": 0.0, "energy": 0.0}
        for k in self._heron:
            for w in self._heron[k]:
                leaf = self._heron[k][w].get(b, {}).get(s)
""",
    "interpolated in the order of the nesting": """
        leaf = self._interp_2d(b, s + prefix, self._heron.get(kind, {}).get(wings, {}))
""",
    "under other names": """
        batch, length = b, s
        leaf = self._interp_2d(batch, length, self._heron.get(kind, {}).get(wings, {}))
""",
}  # fmt: skip

UNSOUND = {
    "subscripts": ("key-made-on-lookup", """
        leaf = self._heron[kind][wings][b].get(s)
"""),
    "through a name": ("key-made-on-lookup", """
        table = self._heron
        by_wings = table[kind]
        leaf = by_wings.get(wings, {}).get(b, {}).get(s)
"""),
    "a try that catches nothing": ("key-made-on-lookup", """
        try:
            leaf = self._heron[kind][wings].get(b, {}).get(s)
        except KeyError:
            leaf = None
"""),
    "asked one level too late": ("key-made-on-lookup", """
        if wings not in self._heron[kind]:
            raise KeyError(wings)
        leaf = self._heron[kind][wings].get(b, {}).get(s)
"""),
    "axes the other way round": ("axis-order", """
        leaf = self._interp_2d(s + prefix, b, self._heron.get(kind, {}).get(wings, {}))
"""),
    "a level too high": ("axis-depth", """
        leaf = self._interp_2d(b, s, self._heron.get(kind, {}))
"""),
    "a dict for the occasion": ("stale-cache", """
        below = self._heron.get(kind, {}).get(wings, {})
        doubled = {k: dict(v) for k, v in below.items()}
        leaf = self._interp_2d(b, s, doubled)
"""),
}  # fmt: skip


def codes(body: str, directory: Path) -> set[str]:
    sdk = directory / "aiconfigurator" / "sdk"
    sdk.mkdir(parents=True)
    (sdk.parent / "__init__.py").touch()
    (sdk / "perf_database.py").write_text(MODULE.format(body=body.strip("\n")), encoding="utf-8")
    subject = Subject.of(Tree.open(directory))
    assert [q.definition.name for q in subject.queries.found] == ["query_heron"]
    return {f.code for check in (missing_keys, axes, stale_cache) for f in check.find(subject)}


@pytest.mark.parametrize("style", list(SOUND))
def test_a_query_that_looks_before_it_goes(style, tmp_path) -> None:
    assert codes(SOUND[style], tmp_path) == set()


@pytest.mark.parametrize("style", list(UNSOUND))
def test_a_query_that_does_not(style, tmp_path) -> None:
    code, body = UNSOUND[style]
    assert codes(body, tmp_path) == {code}
