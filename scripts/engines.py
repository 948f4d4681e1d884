"""Builds real releases whose ops are compiled, untouched and with every spec in them, and runs upstream's whole suites.

    python scripts/engines.py [--tree 0.12.0] [--write]

Of each tree: how many of the crate's own tests pass before, and whether the very same do with all specs in it; the
tests that came with the ops; warnings of the compiler and of clippy, by text, before and after; files that rustfmt
would change otherwise than before. `--write` puts the table between the markers of docs/engines.md. Exit 1 when a
figure is not as it should be. Needs cargo, with clippy and rustfmt; five minutes on two cores for 0.12.0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from pages import written
from support.compiled import builder, new_hunks, together
from support.standing import standing

from newop_gen.problems import NewopError
from newop_gen.sandbox import ENGINES
from newop_gen.verify.compiled.cargo import Cargo, Said
from newop_gen.verify.compiled.make import Builder, cargo_environment
from newop_gen.verify.compiled.unit_tests import RustTests, run_tests

SECONDS = 3600
HEAD = [
    "release", "specs", "its tests before", "the same tests after", "tests that came with the ops",
    "compiler warnings", "clippy warnings", "rustfmt",
]  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What the crate of one state of a tree says of itself. Warnings count by their text, without their places."""

    tests: RustTests
    warnings: Counter[str]
    clippy: Counter[str]
    files: dict[str, bytes]


@dataclass(frozen=True)
class Row:
    """One release before and after. `wrong` lists what is not as it should be."""

    cells: list[str]
    wrong: list[str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", action="append", choices=sorted(ENGINES), help="default: the first of them")
    parser.add_argument("--write", action="store_true", help="write the table into docs/engines.md")
    options = parser.parse_args()
    rows = [try_tree(tree) for tree in options.tree or [next(iter(ENGINES))]]
    for row in rows:
        print(*(f"{name}: {cell}" for name, cell in zip(HEAD, row.cells, strict=True)), *row.wrong, sep="\n")
    if options.write:
        written("engines", HEAD, [row.cells for row in rows])
    return 1 if any(row.wrong for row in rows) else 0


def try_tree(tree: str) -> Row:
    with tempfile.TemporaryDirectory(prefix="newop-specs-") as name:
        specs = together(Path(name))
        before, _ = _seen(tree, ())
        after, edition = _seen(tree, specs)
    added = {name: said for name, said in after.tests.said.items() if name not in before.tests.said}
    gone = [f"{name}: {said}" for name, said in before.tests.said.items() if after.tests.said.get(name) != said]
    failed = [name for name, said in added.items() if said == "FAILED"]
    ended = [f"the tests: {run.ended}" for run in (before.tests, after.tests) if run.ended]
    more = {"the compiler": after.warnings - before.warnings, "clippy": after.clippy - before.clippy}
    warned = [f"{who} warns anew: {text}" for who, texts in more.items() for text in texts]
    unformatted = [
        f"rustfmt would change {path}"
        for path, data in after.files.items()
        if data != before.files.get(path) and new_hunks(before.files.get(path), data, edition)
    ]
    cells = [
        tree,
        str(len(specs)),
        _counted(before.tests.said.values()),
        "same outcomes" if not gone else f"{len(gone)} OTHERWISE",
        _counted(added.values()) or "none",
        f"{before.warnings.total()}, after {after.warnings.total()}",
        f"{before.clippy.total()}, after {after.clippy.total()}",
        "no new hunk" if not unformatted else f"{len(unformatted)} FILES",
    ]
    return Row(cells, [*ended, *gone, *failed, *warned, *unformatted])


def _seen(tree: str, specs: Sequence[Path]) -> tuple[Seen, str]:
    """What a tree says of itself with some specs in it, and its edition of Rust."""
    with standing(tree, specs, None) as root, builder(root) as made:
        built = made.make("tests")
        tests = run_tests(built, made.directory, made.python, [], print, SECONDS)
        sources = root / made.crate.sources
        files = {str(p.relative_to(sources)): p.read_bytes() for p in sorted(sources.rglob("*.rs"))}
        return Seen(tests, _texts(built.warnings), _texts(_clippy(made)), files), made.crate.edition


def _clippy(made: Builder) -> list[Said]:
    cargo = Cargo.found(made.directory, cargo_environment(made.build.target, made.python))
    words = ["clippy", "--locked", "--all-targets", "--message-format=json"]
    words += ["--features", ",".join(made.crate.test_features)] if made.crate.test_features else []
    outcome = cargo.run(words, lambda _: None, SECONDS)
    if outcome.status:
        raise SystemExit(f"engines: cargo clippy fails: {outcome.last_words}")
    return [said for said in outcome.said if said.level == "warning" and said.file]


def _texts(said: Sequence[Said]) -> Counter[str]:
    return Counter(f"{one.file}: {one.text}" for one in said)


def _counted(said: object) -> str:
    found = Counter(said)  # type: ignore[call-overload]
    words = {"ok": "passed", "FAILED": "failed", "ignored": "ignored"}
    return ", ".join(f"{found[one]} {word}" for one, word in words.items() if found[one])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NewopError as error:
        sys.exit(f"engines: {error}")
