"""Runs newop-gen doctor on the releases and prints the table of docs/doctor.md.

    python scripts/doctor_table.py [--repo CLONE] [--write]

A release is laid out from its wheel with all of its measured tables; one that has none comes from the clone, and stays
as it is in the page when none is given. With --write the page is changed in place, else the tables are printed.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from newop_gen.doctor.checks import codes
from newop_gen.doctor.finding import Checkup
from newop_gen.doctor.run import Options, checkup
from newop_gen.sandbox import make_sandbox
from newop_gen.sandbox.wheels import WHEELS

PAGE = Path(__file__).parents[1] / "docs" / "doctor.md"
RELEASES = ("0.6.0", "0.7.0", "0.8.0", "0.9.0", "0.10.0")
# Codes whose effect is told: what was lost on the release's own tables.
TOLD = ("lost-rows", "last-row-wins")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, metavar="CLONE", help="a clone of upstream, for releases without a wheel")
    parser.add_argument("--write", action="store_true", help=f"change {PAGE.name} in place")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    columns = old_columns(page)
    effects = {}
    for version in RELEASES:
        if version not in WHEELS and arguments.repo is None:
            print(f"{version} needs a clone (--repo): its column stays as it is", file=sys.stderr)
            continue
        found = examine(version, None if version in WHEELS else arguments.repo)
        every = [f.code for f in (*found.findings, *found.limits)]
        columns[version] = {code: str(every.count(code) or "") for code in codes()}
        effects[version] = [(f.names[0], f.effect) for f in found.findings if f.code in TOLD and told(f.effect)]
    table, measured = counts(columns), told_effects(effects)
    if arguments.write:
        page = replaced(replaced(page, "counts", table), "measured", measured)
        PAGE.write_text(page, encoding="utf-8")
    else:
        print(f"{table}\n{measured}", end="")
    return 0


def examine(version: str, repo: Path | None) -> Checkup:
    with tempfile.TemporaryDirectory(prefix="newop-doctor-table-") as folder:
        root = make_sandbox(version, Path(folder) / "tree", repo, report=lambda line: None)
        print(f"{version}: laid out, looking at it", file=sys.stderr)
        return checkup(root, Options())


def old_columns(page: str) -> dict[str, dict[str, str]]:
    """The columns that the page has, by release."""
    lines = [line.strip("| ").split("|") for line in between(page, "counts").splitlines() if line.startswith("|")]
    if len(lines) < 3:
        return {}
    heads = [head.strip() for head in lines[0]]
    rows = {row[0].strip().strip("`"): [cell.strip() for cell in row] + [""] * len(heads) for row in lines[2:]}
    return {head: {code: row[i] for code, row in rows.items()} for i, head in enumerate(heads) if head in RELEASES}


def counts(columns: dict[str, dict[str, str]]) -> str:
    there = [v for v in RELEASES if v in columns]
    lines = ["| code | " + " | ".join(there) + " | what is wrong |", "|---|" + "--:|" * len(there) + "---|"]
    for code, meaning in codes().items():
        cells = [columns[v].get(code, "") for v in there]
        if any(cells):
            lines.append(f"| `{code}` | " + " | ".join(cells) + f" | {meaning} |")
    total = [str(sum(int(n) for n in columns[v].values() if n)) for v in there]
    return "\n".join([*lines, "| all | " + " | ".join(total) + " | |"]) + "\n"


def told(effect: str) -> bool:
    """Whether rows of the release's own table are lost, not only those of a second source that was made up."""
    return bool(re.search(r"dropped|repeat", effect))


def told_effects(effects: dict[str, list[tuple[str, str]]]) -> str:
    lines = ["| release | loader | measured on its own tables |", "|---|---|---|"]
    lines += [f"| {v} | `{name}` | {effect} |" for v, found in effects.items() for name, effect in found]
    return "\n".join(lines) + "\n"


def between(page: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", page, re.DOTALL)
    return found[1] if found else ""


def replaced(page: str, name: str, text: str) -> str:
    return re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: f"{m[1]}{text}{m[2]}", page, flags=re.DOTALL)


if __name__ == "__main__":
    raise SystemExit(main())
