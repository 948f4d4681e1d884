"""Reads what `make coverage` measured, and puts the figure into docs/architecture.md.

    python scripts/covered.py [DATA] [--left-out TESTS] [--write]

DATA is the combined data file (.coverage where none is named). Lines and branches count together, as coverage.py counts
them; the modules that are covered least are listed with it. --left-out names what was not run, where the figure is only
a lower bound. With --write the page is changed in place, else it is
printed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
# A module below this is named in the page.
LEAST = 85


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(".coverage"))
    parser.add_argument("--left-out", metavar="TESTS", default="", help="tests that were not run for it")
    parser.add_argument("--write", action="store_true", help=f"change {PAGE.name} in place")
    arguments = parser.parse_args()
    if not arguments.data.is_file():
        print(f"there is no {arguments.data}: make coverage measures one", file=sys.stderr)
        return 1
    text = told(measured(arguments.data), arguments.left_out)
    if arguments.write:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    else:
        print(text, end="")
    return 0


def measured(data: Path) -> dict:
    """The report of coverage.py as it writes it to JSON."""
    from coverage import Coverage

    with tempfile.TemporaryDirectory(prefix="newop-covered-") as folder:
        report = Path(folder) / "report.json"
        coverage = Coverage(data_file=str(data), config_file=str(ROOT / "pyproject.toml"))
        coverage.load()
        # Tests add modules to copies of the tool, which are gone by now.
        there = [name for name in coverage.get_data().measured_files() if Path(name).is_file()]
        coverage.json_report(outfile=str(report), include=there)
        return json.loads(report.read_text(encoding="utf-8"))


def told(report: dict, left_out: str) -> str:
    totals = report["totals"]
    sizes = f"{totals['num_statements']:,} statements and {totals['num_branches']:,} branches"
    least_of_all = "At least " if left_out else ""
    lines = [f"{least_of_all}{totals['percent_covered']:.0f} % of {sizes}, in {len(report['files'])} modules."]
    if left_out:
        lines.append(f"Left out were the tests of {left_out}: what those alone run counts as not covered.")
    least = sorted(
        (part["summary"]["percent_covered"], Path(name).as_posix().rpartition("newop_gen/")[2])
        for name, part in report["files"].items()
        if part["summary"]["percent_covered"] < LEAST
    )
    if least:
        lines.append(f"Below {LEAST} %: " + ", ".join(f"`{name}` ({percent:.0f} %)" for percent, name in least) + ".")
    wrapped = (textwrap.fill(line, 120, break_long_words=False, break_on_hyphens=False) for line in lines)
    return "\n".join(wrapped) + "\n"


def replaced(page: str, text: str) -> str:
    return re.sub(
        r"(<!-- coverage -->\n).*?(<!-- /coverage -->)", lambda m: f"{m[1]}{text}{m[2]}", page, flags=re.DOTALL
    )


if __name__ == "__main__":
    raise SystemExit(main())
