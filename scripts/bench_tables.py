"""How long and how much memory the commands that take a table need, for a table of millions of rows.

    make bench-tables [ARGS="--rows 5000000 --check"]

The memory is that beyond a process of the tool that has pyarrow imported and read nothing: the peak of the resident set
of the command, less that one's. With --check the exit code is 1 where a command needs more than 256 MiB.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "generator")]

SPEC = ROOT / "specs" / "new_op_tokens.yaml"
COMMAND = str(Path(sys.executable).with_name("newop-gen"))
HEADER = "framework,version,device,op_name,kernel_source,param1,param2,num_tokens,latency"
TOKENS = 2_000
GOAL = 256.0
IDLE = "import newop_gen.cli, newop_gen.data.check, newop_gen.init.start, newop_gen.tables.arrow as a; a.arrow()"


def lines(rows: int) -> Iterator[str]:
    """A table of distinct points: `TOKENS` sizes of each of as many operators as it takes."""
    rng = random.Random(1)
    yield HEADER
    for number in range(rows):
        at, tokens = divmod(number, TOKENS)
        width, out = 1024 + 64 * (at % 50), 2048 + 128 * (at // 50)
        latency = 0.004 + (tokens + 1) * width * out * 4e-12 * rng.uniform(1, 1.02)
        yield f"SYNTHETIC,0,SYNTHETIC (no hardware),new_op_tokens,synthetic,{width},{out},{tokens + 1},{latency!r}"


def write(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        made = lines(rows)
        while some := list(itertools.islice(made, 10_000)):
            file.write("\n".join(some) + "\n")


def measured(words: Sequence[str]) -> tuple[int, float, float]:
    """(exit code, seconds, peak MiB) of a command."""
    began = time.monotonic()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        print(said, file=sys.stderr)
    return code, time.monotonic() - began, usage.ru_maxrss / 1024


def main() -> int:
    from checkouts import copy_fixture

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--check", action="store_true", help="exit with 1 where a command needs too much")
    parser.add_argument("--only", default="", help="commands whose name has this")
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="newop-bench-tables-") as folder:
        here = Path(folder)
        text, parquet = here / "new_op_tokens_perf.csv", here / "new_op_tokens_perf.parquet"
        write(text, options.rows)
        convert = "import sys; from pathlib import Path; from newop_gen.tables.convert import to_parquet; "
        convert += "Path(sys.argv[2]).write_bytes(to_parquet(Path(sys.argv[1])))"
        subprocess.run([sys.executable, "-c", convert, str(text), str(parquet)], check=True)
        idle = measured([sys.executable, "-c", IDLE])[2]
        sizes = ", ".join(f"{path.suffix[1:]} {path.stat().st_size / (1 << 20):.0f} MiB" for path in (text, parquet))
        print(f"{options.rows:,} rows, {sizes}; a process that reads nothing: {idle:.0f} MiB", flush=True)
        checkout = copy_fixture("v0_10", here)
        subprocess.run([COMMAND, "apply", str(SPEC), "--checkout", str(checkout)], check=True, capture_output=True)
        for path in (text, parquet):
            spec = here / f"{path.suffix[1:]}.yaml"
            spec.write_text(SPEC.read_text(encoding="utf-8").replace("data/new_op_tokens_perf.csv", path.name))
            place = ["--system", "h200_sxm", "--backend", "trtllm", "--version", "newest"]
            commands = {
                "validate": ["validate", str(spec)],
                "init": ["init", str(here / f"drafted-{path.suffix[1:]}.yaml"), "--from-csv", str(path)],
                "data check": ["data", "check", str(path), "--spec", str(spec)],
                "data check, SOL": ["data", "check", str(path), "--spec", str(spec), "--system", "h200_sxm"],
                "data add": ["data", "add", str(path), "--spec", str(spec), "--checkout", str(checkout), *place,
                             "--dry-run"],
            }  # fmt: skip
            for name, words in commands.items():
                if options.only not in name:
                    continue
                code, seconds, peak = measured([COMMAND, *words])
                beyond = peak - idle
                missed += beyond > GOAL
                told = "" if beyond <= GOAL else f"  more than {GOAL:.0f}"
                print(f"{path.suffix[1:]:8} {name:16} exit {code} {seconds:7.1f} s {beyond:7.0f} MiB{told}", flush=True)
    return int(bool(missed) and options.check)


if __name__ == "__main__":
    sys.exit(main())
