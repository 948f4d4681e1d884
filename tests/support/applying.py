"""Applying specs in tests. Whatever a test is about, each apply is held to the same promises here:

bytes outside the recorded insertions are the old ones, what was inserted is lint- and format-clean under the target's
profile, and a second plan has nothing to do.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
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
    python = [c for c in changes if c.path.endswith(".py")]
    config = root.parent / f"{root.name}-ruff.toml"
    config.write_text(PROFILE, encoding="utf-8")
    ruff = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    paths = [str(root / c.path) for c in python]
    found = subprocess.run(
        [ruff, "check", "--config", str(config), "--no-cache", "--output-format", "json", *paths],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    inserted = {str(root / c.path): inserted_lines(c) for c in python}
    wrong = [
        f"{f['filename']}:{f['location']['row']}: {f['code']} {f['message']}"
        for f in json.loads(found.stdout or "[]")
        if f["location"]["row"] in inserted[str(Path(f["filename"]))]
    ]
    assert not wrong, "\n".join(wrong)
    for change in python:
        formatted = subprocess.run(
            [ruff, "format", "--config", str(config), "--stdin-filename", change.path, "-"],
            input=change.after, capture_output=True, check=True,
        ).stdout  # fmt: skip
        touched = reformatted_lines(change.after, formatted) & inserted_lines(change)
        lines = change.after.split(b"\n")
        assert not touched, f"{change.path}: ruff would reformat {[lines[n - 1].decode() for n in sorted(touched)]}"


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
    import difflib

    numbers: set[int] = set()
    matcher = difflib.SequenceMatcher(None, before.split(b"\n"), after.split(b"\n"), autojunk=False)
    for tag, i1, i2, _, _ in matcher.get_opcodes():
        if tag in ("replace", "delete"):
            numbers.update(range(i1 + 1, i2 + 1))
    return numbers
