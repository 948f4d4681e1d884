"""Each command that reads parquet, many times in a row, on a loaded machine: how many end as they should.

    make tables-runs [ARGS="--runs 200"]

Arrow's threads outlive the call that they were started for, and abort a short process that ends while one is starting
(exit status 134). The control is `read_table` as pyarrow has it, with its threads: in as many runs some abort. It shows
that the machine is loaded enough for the count to mean something.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "generator")]

SPECS = ROOT / "specs"
COMMAND = str(Path(sys.executable).with_name("newop-gen"))
# Forks of a process that has the tool imported, but not pyarrow: each is a short process that ends as others do.
RUN = """
import collections, json, os, sys
words, runs, after = json.loads(sys.argv[1])
import newop_gen.cli, newop_gen.data.check, newop_gen.init.start, newop_gen.layouts, newop_gen.runs
assert "pyarrow" not in sys.modules
found = collections.Counter()
for _ in range(runs):
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        if words:
            sys.argv = ["newop-gen", *words]
            sys.exit(newop_gen.cli.main())
        import io, pyarrow.parquet
        pyarrow.parquet.read_table(io.BytesIO(open(after, "rb").read()))
        sys.exit(0)
    found[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])] += 1
    if words and after and os.path.exists(after):
        os.unlink(after)
print(json.dumps(found))
"""


@contextmanager
def load() -> Iterator[None]:
    """A busy process for each core."""
    spin = "while True: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def statuses(words: Sequence[str], runs: int, after: Path | None = None) -> collections.Counter[int]:
    """How so many runs ended. `after` is taken away after each; without words it is the table of the control."""
    asked = json.dumps([list(words), runs, None if after is None else str(after)])
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    done = subprocess.run(
        [sys.executable, "-c", RUN, asked], capture_output=True, text=True, check=True, env=environment
    )
    return collections.Counter({int(status): count for status, count in json.loads(done.stdout).items()})


def main() -> int:
    from checkouts import copy_fixture

    from newop_gen.tables.convert import to_parquet

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, load():
        here = Path(folder)
        table, spec, drafted = here / "new_op_tokens_perf.parquet", here / "new_op_tokens.yaml", here / "drafted.yaml"
        table.write_bytes(to_parquet(SPECS / "data" / "new_op_tokens_perf.csv"))
        text = (SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8")
        spec.write_text(text.replace("data/new_op_tokens_perf.csv", table.name), encoding="utf-8")
        checkout = copy_fixture("v0_10", here)
        applied = Path(shutil.copytree(checkout, here / "applied"))
        subprocess.run([COMMAND, "apply", str(spec), "--checkout", str(applied)], check=True, capture_output=True)
        place = ["--system", "h200_sxm", "--backend", "trtllm", "--version", "newest"]
        commands: dict[str, tuple[list[str], Path | None]] = {
            "validate": (["validate", str(spec)], None),
            "data check": (["data", "check", str(table), "--spec", str(spec), "--system", "h200_sxm"], None),
            "init": (["init", str(drafted), "--from-csv", str(table)], drafted),
            "explain": (["explain", str(spec), "--system", "h200_sxm", "--data", str(table)], None),
            "apply --dry-run": (["apply", str(spec), "--checkout", str(checkout), "--dry-run"], None),
            "apply --check": (["apply", str(spec), "--checkout", str(applied), "--check"], None),
            "data add --dry-run": (
                ["data", "add", str(table), "--spec", str(spec), "--checkout", str(applied), *place, "--dry-run"], None,
            ),
        }  # fmt: skip
        for name, (words, after) in commands.items():
            began = time.monotonic()
            found = statuses(words, options.runs, after)
            wrong = options.runs - found[0]
            failed += wrong
            told = ", ".join(f"{count} with {status}" for status, count in sorted(found.items()) if status)
            seconds = (time.monotonic() - began) / options.runs
            ended = ", ".join(filter(None, [f"{found[0]} of {options.runs} ended with 0", told]))
            print(f"{name:20} {ended} ({seconds:.1f} s each)", flush=True)
        aborted = statuses([], options.runs, table)[-6]
        print(f"{'control: read_table':20} {aborted} of {options.runs} aborted", flush=True)
    if not aborted:
        print("the control did not abort: the count above says nothing")
    return int(bool(failed) or not aborted)


if __name__ == "__main__":
    sys.exit(main())
