"""Tables of docs/engines.md, each written by a target of make between its markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "engines.md"


def written(name: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, whole: bool = False) -> None:
    """Puts a table between the markers of that name: a row in place of one with the same first cell. Others stay,
    unless this is the `whole` table."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"(<!-- {name}: written by make {name} -->\n\n).*?(<!-- end of {name} -->)", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"{PAGE} has no markers for {name}")
    new = {row[0] for row in rows}
    kept = [] if whole else [row for row in rows_of(text, name) if row[0] not in new]
    lines = [list(head), ["---"] * len(head), *kept, *map(list, rows)]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    PAGE.write_text(text[: found.start()] + f"{found[1]}{table}\n{found[2]}" + text[found.end() :], encoding="utf-8")


def rows_of(text: str, name: str) -> list[list[str]]:
    """The rows of the table of that name, without its head."""
    block = text.partition(f"<!-- {name}: written by make {name} -->")[2].partition(f"<!-- end of {name} -->")[0]
    lines = [line for line in block.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines[2:]]
