"""Loaders as people write them: which keep every row and the first of a key, and which don't, in whatever style."""

from __future__ import annotations

from pathlib import Path

import pytest

from newop_gen.checkout.tree import Tree
from newop_gen.doctor.checks import rows
from newop_gen.doctor.subject import Subject

MODULE = """\
import csv
from collections import defaultdict


def load_heron(path, other=None):
    with open(path) as f:
        lines = list(csv.DictReader(f))
{body}
    return table
"""

SOUND = {
    "probe of a plain innermost dict": """
    table = defaultdict(lambda: defaultdict(dict))
    for row in lines:
        a, b, c = row["a"], int(row["b"]), int(row["c"])
        try:
            table[a][b][c]
        except KeyError:
            table[a][b][c] = {"latency": float(row["latency"])}
""",
    "setdefault all the way": """
    table = {}
    for row in lines:
        table.setdefault(row["a"], {}).setdefault(int(row["b"]), {"latency": float(row["latency"])})
""",
    "not in": """
    table = defaultdict(lambda: defaultdict(dict))
    for row in lines:
        below = table[row["a"]]
        if row["b"] not in below:
            below[row["b"]] = {"latency": float(row["latency"])}
""",
    "in, then continue": """
    table = defaultdict(dict)
    for row in lines:
        if row["b"] in table[row["a"]]:
            continue
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
""",
    "else of in": """
    table = defaultdict(dict)
    for row in lines:
        if row["b"] in table[row["a"]]:
            print("again")
        else:
            table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
""",
    "a set of what was seen": """
    table = defaultdict(dict)
    seen = set()
    for row in lines:
        key = (row["a"], row["b"])
        if key in seen:
            continue
        seen.add(key)
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
""",
    "get is None": """
    table = defaultdict(dict)
    for row in lines:
        known = table[row["a"]].get(row["b"])
        if known is None:
            table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
""",
    "the faster row": """
    table = defaultdict(dict)
    for row in lines:
        latency = float(row["latency"])
        known = table[row["a"]].get(row["b"])
        if known is None or latency < known["latency"]:
            table[row["a"]][row["b"]] = {"latency": latency}
""",
    "backwards, each replacing": """
    table = defaultdict(dict)
    for row in reversed(lines):
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
""",
    "a slice backwards": """
    table = defaultdict(dict)
    for row in lines[::-1]:
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
""",
    "walking down": """
    table = {}
    for number, row in enumerate(lines):
        path = (row["a"], row["b"], row["c"])
        node = table
        for key in path[:-1]:
            node = node.setdefault(key, {})
        if path[-1] in node:
            continue
        node[path[-1]] = {"latency": float(row["latency"])}
""",
    "a function inside that stores": """
    def put(root, keys, leaf):
        node = root
        for key in keys[:-1]:
            node = node.setdefault(key, {})
        if keys[-1] in node:
            raise ValueError(keys)
        node[keys[-1]] = leaf

    table = {}
    for row in lines:
        put(table, [row["a"], row["b"]], {"latency": float(row["latency"])})
""",
    "per source, the first source first": """
    table = defaultdict(dict)
    for part in (lines, list(csv.DictReader(open(other)))):
        own = {}
        for row in part:
            own[row["a"], row["b"]] = {"latency": float(row["latency"])}
        for (a, b), leaf in own.items():
            if b not in table[a]:
                table[a][b] = leaf
""",
}  # fmt: skip

UNSOUND = {
    "probe of a dict that makes leaves": ("lost-rows", """
    table = defaultdict(lambda: defaultdict(dict))
    for row in lines:
        try:
            table[row["a"]][row["b"]]
        except KeyError:
            table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
"""),
    "the same through an alias": ("lost-rows", """
    table = defaultdict(lambda: defaultdict(list))
    for row in lines:
        below = table[row["a"]]
        try:
            below[row["b"]]
            print("again")
        except (KeyError, TypeError):
            below[row["b"]] = {"latency": float(row["latency"])}
"""),
    "only one branch of two": ("lost-rows", """
    table = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for row in lines:
        leaf = {"latency": float(row["latency"])}
        try:
            if row["kind"] == "long":
                table[row["a"]][row["kind"]][row["b"]][row["c"]]
            else:
                table[row["a"]][row["kind"]][row["b"]]
        except KeyError:
            if row["kind"] == "long":
                table[row["a"]][row["kind"]][row["b"]][row["c"]] = leaf
            else:
                table[row["a"]][row["kind"]][row["b"]] = leaf
"""),
    "a probe, then continue": ("lost-rows", """
    table = defaultdict(lambda: defaultdict(dict))
    for row in lines:
        try:
            table[row["a"]][row["b"]]
            continue
        except KeyError:
            pass
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
"""),
    "nothing asked": ("last-row-wins", """
    table = defaultdict(dict)
    for row in lines:
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
"""),
    "another dict asked": ("last-row-wins", """
    table, extra = defaultdict(dict), defaultdict(dict)
    for row in lines:
        if row["b"] not in extra[row["a"]]:
            table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
"""),
    "only a warning": ("last-row-wins", """
    table = defaultdict(dict)
    for row in lines:
        if row["b"] in table[row["a"]]:
            print("again")
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
"""),
    "a list of names is no memory": ("last-row-wins", """
    table = defaultdict(dict)
    unwanted = ["x", "y"]
    for row in lines:
        if row["a"] in unwanted:
            continue
        table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
"""),
    "a plain store below setdefault": ("last-row-wins", """
    table = {}
    for row in lines:
        table.setdefault(row["a"], {})[row["b"]] = {"latency": float(row["latency"])}
"""),
    "first wins, but backwards": ("last-row-wins", """
    table = defaultdict(dict)
    for row in reversed(lines):
        if row["b"] not in table[row["a"]]:
            table[row["a"]][row["b"]] = {"latency": float(row["latency"])}
"""),
    "walking down": ("last-row-wins", """
    table = {}
    for row in lines:
        node = table
        for key in (row["a"], row["b"]):
            node = node.setdefault(key, {})
        node[row["c"]] = {"latency": float(row["latency"])}
"""),
}  # fmt: skip


def codes(body: str, directory: Path) -> set[str]:
    sdk = directory / "aiconfigurator" / "sdk"
    sdk.mkdir(parents=True)
    (sdk.parent / "__init__.py").touch()
    (sdk / "perf_database.py").write_text(MODULE.format(body=body.strip("\n")), encoding="utf-8")
    subject = Subject.of(Tree.open(directory))
    assert list(subject.tables.loaders) == ["load_heron"]
    return {f.code for f in rows.find(subject)}


@pytest.mark.parametrize("style", list(SOUND))
def test_a_loader_that_keeps_what_it_should(style, tmp_path) -> None:
    assert codes(SOUND[style], tmp_path) == set()


@pytest.mark.parametrize("style", list(UNSOUND))
def test_a_loader_that_does_not(style, tmp_path) -> None:
    code, body = UNSOUND[style]
    assert codes(body, tmp_path) == {code}
