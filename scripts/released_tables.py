"""The first spec that init drafts of each kind of table that the releases have, held against every row of the table.

    make released-tables [ARGS=--write]

A kind is a file name and a backend; of each the largest table of the release. A draft *keeps* a table when each row
that it reads is answered with its own latency, and *keeps the first of repeats* when the rows that are not differ from
the one that answers them in nothing but what was measured. What is left is *lossy*: rows stand for others that say
something else. Tables that init asks about or refuses are listed with what it says. Table and spec are read by pyarrow,
`csv`, `yaml` and Python's own expressions, apart from the tool's code. With --write the table of docs/init.md is made
anew.
"""

from __future__ import annotations

import argparse
import collections
import csv
import math
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet
import yaml
from tables import kept, latency_of, nestings_of

from newop_gen.init.choices import Choices
from newop_gen.init.start import from_tables
from newop_gen.init.where import Where
from newop_gen.problems import SpecError
from newop_gen.sandbox import make_sandbox

PAGE = Path(__file__).parents[1] / "docs" / "init.md"
RELEASES = ("0.10.0", "0.12.0")
MEASURED = 0.5
"""A column of floats with more different values than this share of the rows was measured, as a counter of rows was."""


def kinds_of(root: Path) -> dict[tuple[str, str], Path]:
    """The largest table of each file name and backend."""
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(root.glob("**/systems/data/**/*_perf.*"), key=lambda p: (p.stat().st_size, str(p))):
        if path.suffix in (".parquet", ".txt") and not path.is_symlink():
            found[path.name, path.parent.parent.name] = path
    return dict(sorted(found.items()))


def rows_of(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        table = pyarrow.parquet.ParquetFile(path).read(use_threads=False).to_pylist()
        return [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in table]
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def judged(text: str, rows: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """The verdict about a draft, and what there is to say."""
    spec = yaml.safe_load(text)
    measured = set(_measured(rows))
    times = [str(nesting.get("latency", {}).get("column", "latency")) for nesting in nestings_of(spec)]
    read = {word for text in times for word in re.findall(r"\w+", text)}
    folded, lost, left = 0, 0, 0
    apart: collections.Counter[str] = collections.Counter()
    for row, answer in kept(spec, rows):
        if answer is None:
            left += 1
            continue
        first, latency = answer
        if first is row or math.isclose(latency, latency_of(_nesting(spec, row), row), rel_tol=1e-12):
            continue
        folded += 1
        differs = [c for c in row if row[c] != first[c] and c not in measured | read]
        lost += bool(differs)
        apart.update(differs)
    said = f"{left} rows left out, as said" if left else ""
    if lost:
        names = ", ".join(f"{name} in {count}" for name, count in apart.most_common(3))
        return "lossy", f"{lost} rows stand for others: {names}"
    if folded:
        return "keeps the first of repeats", "; ".join(filter(None, [f"{folded} rows were measured again", said]))
    return "keeps", said


def _nesting(spec: Mapping[str, Any], row: Mapping[str, str]) -> Mapping[str, Any]:
    column, values = spec["phases"].get("column"), spec["phases"].get("values", {})
    for phase in spec["phases"]["used"]:
        if phase in spec["nesting"] and (not column or row[column] == values.get(phase, phase)):
            nesting: Mapping[str, Any] = spec["nesting"][phase]
            return nesting
    return nestings_of(spec)[0]


def _measured(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    for column in rows[0]:
        values = {row[column] for row in rows}
        try:
            whole = all(float(value or 0).is_integer() for value in values)
        except ValueError:
            continue
        if column == "power" or (not whole and len(values) > MEASURED * len(rows)):
            yield column


def told(path: Path, release: str) -> tuple[str, str, int]:
    """(verdict, what there is to say, rows) of one kind."""
    rows = rows_of(path)
    try:
        started = from_tables([path], Choices(), op="", where=Where(), systems=["h200_sxm"], below=path.parent)
    except SpecError as error:
        undecided = error.problems[0].code == "init-undecided"
        problem = error.problems[0]
        return "asked" if undecided else "refused", problem.found.replace("|", "\\|"), len(rows)
    return (*judged(started.text, rows), len(rows))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"change {PAGE.name} in place")
    arguments = parser.parse_args()
    lines = ["| release | kinds | rows | keeps | keeps the first of repeats | asked | refused | lossy |",
             "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    listed: list[str] = []
    lossy = 0
    for release in RELEASES:
        with tempfile.TemporaryDirectory(prefix="newop-released-tables-") as folder:
            root = make_sandbox(release, Path(folder) / "tree", None, report=lambda line: None)
            counts: collections.Counter[str] = collections.Counter()
            total = 0
            kinds = kinds_of(root)
            for (name, backend), path in kinds.items():
                verdict, said, rows = told(path, release)
                print(
                    f"{release} {backend} {name}: {verdict}{': ' if said else ''}{said} ({rows} rows)", file=sys.stderr
                )
                counts[verdict] += 1
                total += rows
                if verdict in ("asked", "refused", "lossy"):
                    listed.append(f"| {release} | `{name}` | {backend} | {verdict} | {said} |")
        cells = [counts[v] for v in ("keeps", "keeps the first of repeats", "asked", "refused", "lossy")]
        lines.append(f"| {release} | {len(kinds)} | {total:,} | {' | '.join(map(str, cells))} |")
        lossy += counts["lossy"]
    text = (
        "\n".join([*lines, "", "| release | table | backend | | init says |", "|---|---|---|---|---|", *listed]) + "\n"
    )
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        start, end = "<!-- released-tables -->\n", "<!-- /released-tables -->"
        before, rest = page.split(start)
        PAGE.write_text(f"{before}{start}{text}{end}{rest.split(end)[1]}", encoding="utf-8")
    else:
        print(text, end="")
    return int(bool(lossy))


if __name__ == "__main__":
    sys.exit(main())
