"""Applying specs in tests. Whatever a test is about, each apply is held to the same promises here:

bytes outside the recorded insertions are the old ones, what was inserted is lint- and format-clean under the target's
profile, and a second plan has nothing to do.
"""

from __future__ import annotations

import difflib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from newop_gen import prepare as preparing
from newop_gen.checkout.tree import Tree
from newop_gen.model.loaded import LoadedOp
from newop_gen.plan import FileChange, Plan, Prepared
from newop_gen.plan.merge import without_spans
from newop_gen.prepare import PlanOver
from newop_gen.spec.load import LoadedSpec, load_specs

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
EXAMPLES = tuple(sorted(SPECS.glob("*.yaml")))

# What upstream's own pyproject.toml selects; wheels carry none.
PROFILE = """\
line-length = 120
target-version = "py310"
[lint]
select = ["YTT", "B", "A", "C4", "T10", "SIM", "I", "C90", "E", "W", "F", "PGH", "UP", "RUF", "TRY", "N"]
ignore = [
    "A005", "E731", "RUF005", "C901", "C408", "B007", "SIM105", "E402", "E722", "C401", "TRY003", "TRY300", "TRY301",
    "SIM108", "B006", "RUF015", "N812", "PGH003", "RUF059", "UP007", "UP045", "B019", "B023",
]
[lint.isort]
known-first-party = ["aiconfigurator", "utils", "helper"]
"""


def prepare(loaded: Sequence[LoadedSpec], checkout: Path | Tree) -> Prepared:
    """Specs planned against a checkout, opened anew where it is given by its directory."""
    tree = checkout if isinstance(checkout, Tree) else Tree.open(checkout)
    return preparing.prepare([LoadedOp.of(spec) for spec in loaded], tree)


def planner(loaded: Sequence[LoadedSpec], root: Path) -> PlanOver:
    """As `prepare`, with some files different."""
    return preparing.planner([LoadedOp.of(spec) for spec in loaded], Tree.open(root))


def apply_specs(root: Path, specs: Sequence[Path], *, lint: bool = True) -> Plan:
    """Applies specs to the checkout `root` by writing the planned bytes, and asserts what every apply promises."""
    loaded = load_specs(list(specs))
    prepared = prepare(loaded, root)
    for change in prepared.changes:
        assert_only_insertions(change)
        path = root / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.unlink()  # the tables of a copy are hard links into the cache
        path.write_bytes(change.after)
    again = prepare(loaded, root)
    assert not again.changes, [c.path for c in again.changes]
    assert not again.plan.pending
    if lint:
        assert_clean(root, prepared.changes)
    return prepared.plan


def assert_only_insertions(change: FileChange) -> None:
    """Taking the recorded spans out of the new bytes gives the old ones."""
    if change.before is not None:
        assert without_spans(change) == change.before, change.path
    else:
        assert change.after, change.path


def assert_clean(root: Path, changes: Sequence[FileChange]) -> None:
    """ruff, with upstream's rules, finds nothing in inserted lines and would not reformat one of them."""
    found = unclean(root, changes)
    assert not found, "\n".join(found)


def unclean(root: Path, changes: Sequence[FileChange]) -> list[str]:
    """What ruff, with upstream's rules, finds in inserted lines, or would format otherwise: two processes for all files
    of a checkout."""
    python = {change.path: change for change in changes if change.path.endswith(".py")}
    if not python:
        return []
    lines = {path: inserted_lines(change) for path, change in python.items()}
    found = []
    with tempfile.TemporaryDirectory(prefix=f"{root.name}-ruff-", dir=root.parent) as name:
        folder = Path(name)
        (folder / "ruff.toml").write_text(PROFILE, encoding="utf-8")
        checked = _ruff("check", "--output-format", "json", *(str(root / path) for path in python), folder=folder)
        for item in json.loads(checked.stdout):
            path, row = Path(item["filename"]).resolve().relative_to(root.resolve()).as_posix(), item["location"]["row"]
            if row in lines[path]:
                found.append(f"{path}:{row}: {item['code']} {item['message']}: {_line(python[path], row)}")
        for path, change in python.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(change.after)
        formatted = _ruff("format", *(str(folder / path) for path in python), folder=folder)
        assert formatted.returncode == 0, formatted.stderr
        for path, change in python.items():
            for row in sorted(reformatted_lines(change.after, (folder / path).read_bytes()) & lines[path]):
                found.append(f"{path}:{row}: ruff would reformat: {_line(change, row)}")
    return found


def _ruff(command: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    ruff = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    words = [ruff, command, "--config", str(folder / "ruff.toml"), "--no-cache", *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _line(change: FileChange, row: int) -> str:
    return change.after.split(b"\n")[row - 1].decode()


def inserted_lines(change: FileChange) -> set[int]:
    """Line numbers (from 1) of `after` that hold inserted text."""
    numbers: set[int] = set()
    for start, end, _, _ in change.spans:
        first = change.after.count(b"\n", 0, start) + 1
        # A span that ends with a newline ends on the line before it.
        numbers.update(range(first, change.after.count(b"\n", 0, max(start, end - 1)) + 2))
    return numbers


def reformatted_lines(before: bytes, after: bytes) -> set[int]:
    """Line numbers of `before` that a formatter changed or took away."""
    numbers: set[int] = set()
    if before == after:
        return numbers
    matcher = difflib.SequenceMatcher(None, before.split(b"\n"), after.split(b"\n"), autojunk=False)
    for tag, i1, i2, _, _ in matcher.get_opcodes():
        if tag in ("replace", "delete"):
            numbers.update(range(i1 + 1, i2 + 1))
    return numbers
