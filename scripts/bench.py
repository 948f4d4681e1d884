"""How long a dry run takes and how much memory, beside what any design based on parsing whole files would cost.

    python scripts/bench.py [--runs 9] [--check]

Every figure is a whole process: start-up, imports, reading, parsing, planning, printing. The commands take turns, so
that a busy machine is busy for all of them; ratios count, absolute times do not. `--check` exits with 1 when a goal
is missed.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SPECS = ROOT / "specs"
SPEC = SPECS / "new_op.yaml"
RELEASE, SYSTEM = "0.8.0", "h200_sxm"
TARGETS = ("common.py", "perf_database.py", "operations.py", "models.py")
NEWOP_GEN = str(Path(sys.executable).parent / "newop-gen")

LIBCST = "import sys, libcst\nfor path in sys.argv[1:]:\n    libcst.parse_module(open(path, 'rb').read())\n"
AST = "import sys, ast\nfor path in sys.argv[1:]:\n    ast.parse(open(path, 'rb').read())\n"


@dataclass
class Figure:
    """One command and what its runs gave: wall and processor time in seconds, peak memory in MiB."""

    title: str
    command: list[str]
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def run(self, environment: dict[str, str]) -> None:
        start = time.perf_counter()
        process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
        )
        assert process.stderr is not None
        words = process.stderr.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
        self.wall.append(time.perf_counter() - start)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"bench: {' '.join(self.command)} gave exit status {process.returncode}\n{words}")
        self.processor.append(usage.ru_utime + usage.ru_stime)
        self.memory.append(usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10))

    @property
    def seconds(self) -> float:
        return statistics.median(self.wall)

    @property
    def busy(self) -> float:
        return statistics.median(self.processor)

    @property
    def mebibytes(self) -> float:
        return statistics.median(self.memory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="runs of each command (median counts)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    parser.add_argument("--enlarge", nargs=2, metavar=("FILE", "TIMES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.enlarge:
        enlarge(Path(options.enlarge[0]), int(options.enlarge[1]))
        return 0
    with tempfile.TemporaryDirectory(prefix="newop-bench-") as name:
        figures = measure(Path(name), options.runs)
    return report(figures, options.check)


def measure(scratch: Path, runs: int) -> dict[str, Figure]:
    trees = {1: scratch / "x1"}
    # By processes of their own: a child's peak memory starts at its parent's, so this one stays small.
    sandbox = [NEWOP_GEN, "sandbox", RELEASE, str(trees[1]), "--system", SYSTEM]
    subprocess.run(sandbox, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for table in (trees[1] / "src/aiconfigurator/systems/data").rglob("*.txt"):
        table.unlink()
    for times in (2, 4):
        trees[times] = scratch / f"x{times}"
        shutil.copytree(trees[1], trees[times])
        for target in TARGETS:
            path = trees[times] / "src/aiconfigurator/sdk" / target
            subprocess.run([sys.executable, __file__, "--enlarge", str(path), str(times)], check=True)
    many = write_specs(scratch / "specs", 50)
    files = [str(trees[1] / "src/aiconfigurator/sdk" / target) for target in TARGETS]

    def dry_run(tree: Path, specs: list[Path]) -> list[str]:
        return [NEWOP_GEN, "apply", *map(str, specs), "--checkout", str(tree), "--dry-run"]

    figures = {
        "python": Figure("an interpreter that does nothing", [sys.executable, "-c", "pass"]),
        "help": Figure("newop-gen --help", [NEWOP_GEN, "--help"]),
        "ast": Figure("ast.parse of the four files", [sys.executable, "-c", AST, *files]),
        "libcst": Figure("LibCST: import, parse the four files", [sys.executable, "-c", LIBCST, *files]),
        "one": Figure("dry run, 1 spec", dry_run(trees[1], [SPEC])),
        "fifty": Figure("dry run, 50 specs", dry_run(trees[1], many)),
        "x2": Figure("dry run, 1 spec, files x2", dry_run(trees[2], [SPEC])),
        "x4": Figure("dry run, 1 spec, files x4", dry_run(trees[4], [SPEC])),
    }
    # Everybody's bytecode is compiled by the first run and read by the others, whatever the caller's settings.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONPYCACHEPREFIX"] = str(scratch / "bytecode")
    for figure in figures.values():
        figure.run(environment)
        figure.wall, figure.processor, figure.memory = [], [], []
    for _ in range(runs):
        for figure in figures.values():
            figure.run(environment)
    return figures


def enlarge(path: Path, times: int) -> None:
    """Makes a file `times` as long: copies of its own classes and functions, renamed, in front of the first one."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    definitions = [n for n in ast.parse(text).body if isinstance(n, (ast.ClassDef, ast.FunctionDef))]
    copies = []
    for n in range(1, times):
        for node in definitions:
            body = "".join(lines[node.lineno - 1 : node.end_lineno])
            copies.append(body.replace(node.name, f"_Copy{n}{node.name}", 1) + "\n\n")
    first = definitions[0]
    at = min([first.lineno, *(d.lineno for d in first.decorator_list)]) - 1
    path.write_text("".join(lines[:at]) + "".join(copies) + "".join(lines[at:]), encoding="utf-8")


def write_specs(directory: Path, count: int) -> list[Path]:
    """`count` copies of the example spec, each an op of its own."""
    directory.mkdir()
    shutil.copytree(SPECS / "data", directory / "data")
    text = SPEC.read_text(encoding="utf-8")
    assert "\nop: new_op\n" in text
    paths = []
    for n in range(count):
        path = directory / f"new_op_{n:02}.yaml"
        path.write_text(text.replace("\nop: new_op\n", f"\nop: new_op_{n:02}\n"), encoding="utf-8")
        paths.append(path)
    return paths


def report(figures: dict[str, Figure], check: bool) -> int:
    print(f"{'process':40} {'wall, s':>9} {'(min)':>8} {'CPU, s':>8} {'peak, MiB':>10}")
    for figure in figures.values():
        print(
            f"{figure.title:40} {figure.seconds:9.3f} {min(figure.wall):8.3f} "
            f"{figure.busy:8.3f} {figure.mebibytes:10.1f}"
        )
    runs = len(figures["one"].wall)
    print(f"median of {runs} runs, Python {sys.version.split()[0]}, aiconfigurator {RELEASE}\n")

    def ratio(a: str, b: str, what: Callable[[Figure], float] = lambda figure: figure.seconds) -> float:
        return what(figures[a]) / what(figures[b])

    # Growth from x2 to x4 is twice that from x1 to x2 when time is linear in size; noise gets a quarter more.
    growth = (figures["x4"].seconds - figures["x2"].seconds) / max(figures["x2"].seconds - figures["one"].seconds, 1e-9)
    goals = [
        ("dry run / LibCST process", ratio("one", "libcst"), 0.5),
        ("the same in processor time", ratio("one", "libcst", lambda figure: figure.busy), 0.5),
        ("peak memory, dry run / LibCST process", ratio("one", "libcst", lambda figure: figure.mebibytes), 1.0),
        ("50 specs / 1 spec", ratio("fifty", "one"), 4.0),
        ("growth of time x2 to x4 / x1 to x2 (2 is linear)", growth, 2.5),
    ]
    missed = 0
    for title, value, goal in goals:
        missed += value > goal
        print(f"{title:52} {value:6.2f}   goal: at most {goal:g}   {'MISSED' if value > goal else 'met'}")
    print(f"{'dry run / ast.parse process':52} {ratio('one', 'ast'):6.2f}")
    print(f"{'newop-gen --help / empty interpreter':52} {ratio('help', 'python'):6.2f}")
    return 1 if check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
