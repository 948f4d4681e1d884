"""Doctor reasons about code, not names: no op, model or release is named in its source."""

from __future__ import annotations

import re
from pathlib import Path

from checkouts import VERSIONS, built

from newop_gen import doctor
from newop_gen.checkout.tree import Tree
from newop_gen.doctor import checks
from newop_gen.doctor.subject import Subject

SOURCES = sorted(Path(doctor.__file__).parent.rglob("*.py"))
# The words that a model's phases and a perf file's columns are told by everywhere are no op's names.
GENERAL = {"operation", "model", "base", "query", "context", "generation", "data", "table", "load", "perf"}


def catalogue() -> set[str]:
    """Names of ops: perf file members, queries, loaders, operation and model classes of every fixture, and of the specs
    of upstream's own ops."""
    found: set[str] = set()
    for version in VERSIONS:
        subject = Subject.of(Tree.open(built(version)))
        found |= set(subject.code.members) | set(subject.tables.loaders) | set(subject.tables.filled)
        found |= {m for m in subject.queries.database_methods if m.startswith("query_")}
        found |= {m.removeprefix("query_") for m in subject.queries.database_methods if m.startswith("query_")}
        found |= set(subject.queries.op_names) | set(subject.wirings.classes)
        found |= {w.label for w in subject.wirings.found if w.label}
    specs = Path(__file__).parents[2] / "specs"
    found |= {path.stem for path in specs.rglob("*.yaml")}
    return {name for name in found if name.lower() not in GENERAL and name != "BaseModel"}


def test_the_catalogue_is_one() -> None:
    names = catalogue()
    assert len(names) > 80
    assert len([n for n in names if n[:1].isupper()]) > 20


def test_no_op_or_release_is_named_in_the_source() -> None:
    words = {name.lower() for name in catalogue()}
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        used = {w.lower() for w in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text)}
        assert not used & words, (path.name, sorted(used & words))
        assert not re.findall(r"\bv?0\.(?:6|7|8|9|10|11)(?:\.\d+)?\b", text), path.name


def test_every_code_has_its_place_among_the_traps() -> None:
    """The table of docs/doctor.md that says what finds which trap names all codes, and no other."""
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (T\d+) [^|]*\| ([^|]*) \|", page, re.MULTILINE)
    assert [name for name, _ in rows] == [f"T{n}" for n in range(1, 18)]
    assert {code for _, found in rows for code in re.findall(r"`([a-z-]+)`", found)} == set(checks.codes())
