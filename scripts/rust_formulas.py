"""Random formulas in one Rust program, against the evaluator.

    python scripts/rust_formulas.py [--formulas 10000] [--first 1000] [--questions 8] [--keep FOLDER] [--write]

Each formula comes from its number alone, and is asked for whole sizes and for sizes between whole ones. Prints how the
answers stood to the evaluator's, and whether rustfmt leaves the text as it is, in the style of either edition; exits
with 1 where an answer differs in a bit or a line would be changed. Needs rustc and rustfmt. With --write the figures of
docs/sol-language.md are made anew.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "generator")]

from sol import rust_crate  # noqa: E402

PAGE = ROOT / "docs" / "sol-language.md"
BATCH = 1000
"""Formulas in one program: more at once want more memory of rustc than a machine for tests may have."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formulas", type=int, default=10_000, help="how many")
    parser.add_argument("--first", type=int, default=1_000, help="number of the first; the tests have those before")
    parser.add_argument("--questions", type=int, default=8, help="how often each is asked")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the programs there, and leave them")
    parser.add_argument("--write", action="store_true", help=f"write the figures into {PAGE.name}")
    options = parser.parse_args()
    whole, changed, begun = rust_crate.Tally(), 0, time.monotonic()
    for first in range(options.first, options.first + options.formulas, BATCH):
        count = min(BATCH, options.first + options.formulas - first)
        with tempfile.TemporaryDirectory(prefix="newop-formulas-") as temporary:
            folder = options.keep / str(first) if options.keep else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            for edition in ("2024", "2021"):
                functions = rust_crate.formulas(first, count, edition)
                source = rust_crate.program(functions, folder)
                changed += reformatted(folder, edition)
            tally = rust_crate.compare(functions, rust_crate.built(source), options.questions, first)
        whole.add(tally)
        print(
            f"{first} to {first + count - 1}: {len(tally.failures)} differ, {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        for failure in tally.failures[:5]:
            print(f"  {failure}")
    text = figures(options.formulas, whole)
    print(f"{text}\nLines that rustfmt would change: {changed}")
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        marks = re.compile(r"(<!-- formulas -->\n).*?(<!-- /formulas -->)", re.DOTALL)
        PAGE.write_text(marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page), encoding="utf-8")
    return 1 if whole.failures or changed else 0


def reformatted(folder: Path, edition: str) -> int:
    """How many lines of the formulas rustfmt would change."""
    files = sorted(map(str, folder.glob("chunk*.rs")))
    done = subprocess.run(
        ["rustfmt", "--check", "--edition", edition, *files], capture_output=True, text=True, check=False
    )
    return done.stdout.count("\n") + done.stderr.count("\n")


def figures(formulas: int, tally: rust_crate.Tally) -> str:
    counts = tally.counts
    return (
        f"{formulas:,} random formulas: {counts['whole']:,} answers for whole sizes and {counts['between']:,} for\n"
        f"sizes between were the evaluator's to the last bit, {len(tally.failures):,} were not. "
        f"{counts['refused by both']:,} times both refused.\n{counts['whole, too large']:,} times whole numbers passed "
        f"127 bits, and answers were off by at most {tally.worst:.1g} of the value."
    )


if __name__ == "__main__":
    sys.exit(main())
