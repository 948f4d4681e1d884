"""One trial of specs on a checkout, as a user would do it: detect, apply, apply again, remove.

Everything that an apply promises is held against the files afterwards. Nothing of the checkout is imported.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.applying import assert_clean, inserted_lines, prepare

from newop_gen.checkout.tree import Tree
from newop_gen.layouts import Detection, detect
from newop_gen.layouts.recognise import nearest
from newop_gen.plan import FileChange, Plan
from newop_gen.problems import NewopError
from newop_gen.runs import apply_plan, remove_op
from newop_gen.spec.load import LoadedSpec

ROOT = Path(__file__).resolve().parents[1]
Outcome = Literal["worked", "refused", "failed"]


@dataclass(frozen=True)
class Trial:
    """How a trial ended. `reason` says why a checkout was refused, or at which stage what did not hold. `lint`,
    `again` and `removed` tell which promises were seen kept; `lines` and `files` how much was inserted and where."""

    outcome: Outcome
    layout: str = ""
    reason: str = ""
    files: int = 0
    lines: int = 0
    lint: bool = False
    again: bool = False
    removed: bool = False


def try_out(root: Path, specs: Sequence[LoadedSpec], applied: Callable[[], None] = lambda: None) -> Trial:
    """Applies specs to the checkout `root`, holds the result to what is promised, and takes them out again.

    `applied` is called while the specs are in. A checkout of no supported layout is refused, for the reason that
    `detect` gives; anything else that does not go well, in `applied` too, is a failure. Nothing is raised.
    """
    trial = Trial("failed")
    stage = "detect"
    try:
        tree = Tree.open(root)
        detection = detect(tree)
        before = contents(root)
        if detection.layout is None:
            return Trial("refused", reason=why_not(detection))
        trial = replace(trial, layout=detection.layout.name)
        with state_directory():
            stage = "plan"
            prepared = prepare(specs, root)
            trial = replace(trial, files=len(prepared.changes), lines=count_lines(prepared.changes))
            stage = "apply"
            apply_plan(prepared)
            written = contents(root)
            check_written(before, written, prepared.changes)
            stage = "lint"
            assert_clean(root, prepared.changes)
            trial = replace(trial, lint=True)
            stage = "apply again"
            check_nothing_to_do(prepare(specs, root).plan)
            trial = replace(trial, again=True)
            stage = "while applied"
            applied()
            stage = "remove"
            remove_op(root, tuple(spec.spec.op for spec in specs))
            check_same(contents(root), before)
            trial = replace(trial, removed=True)
    except NewopError as error:
        return replace(trial, reason=f"{stage}: " + "; ".join(str(p) for p in error.problems[:2]))
    except Exception as error:
        words = str(error).replace(f"{root}/", "").split("\n")
        return replace(trial, reason=f"{stage}: {type(error).__name__}: " + "; ".join(words[:3]))
    return replace(trial, outcome="worked")


def why_not(detection: Detection) -> str:
    """What the nearest layout misses, by probe."""
    near = nearest(detection)
    missing = [f"{p.name} ({p.detail or p.asks})" for p in detection.missing(near)]
    return f"{near} comes nearest, it misses " + ", ".join(missing)


def check_written(before: Mapping[str, bytes], after: Mapping[str, bytes], changes: Sequence[FileChange]) -> None:
    """What is on disk is what was planned, in the planned files only, and every Python file of it compiles."""
    planned = {c.path: c.after for c in changes}
    check_same(after, {**before, **planned})
    for path, data in planned.items():
        if path.endswith(".py"):
            compile(data, path, "exec", dont_inherit=True)


def check_nothing_to_do(plan: Plan) -> None:
    left = sorted({f"{s.op}:{s.key}" for s in plan.steps for e in s.edits if not e.done})
    assert not left, f"not recognised: {', '.join(left)}"


def check_same(found: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> None:
    """The same files with the same bytes."""
    wrong = sorted(p for p in found.keys() | wanted.keys() if found.get(p) != wanted.get(p))
    assert not wrong, f"differ: {', '.join(wrong)}"


def contents(root: Path) -> dict[str, bytes]:
    """Bytes of every file below a directory (links are not followed), and of none in `.git`."""
    found = {}
    for parent, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in (".git", "__pycache__")]
        for name in names:
            path = Path(parent, name)
            found[path.relative_to(root).as_posix()] = (
                os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            )
    return found


def count_lines(changes: Sequence[FileChange]) -> int:
    return sum(len(inserted_lines(c)) for c in changes if c.path.endswith(".py"))


@contextmanager
def state_directory() -> Iterator[None]:
    """Receipts and journals of this trial go to a directory of its own, which is gone afterwards."""
    old = os.environ.get("XDG_STATE_HOME")
    with tempfile.TemporaryDirectory(prefix="newop-state-") as name:
        os.environ["XDG_STATE_HOME"] = name
        try:
            yield
        finally:
            if old is None:
                del os.environ["XDG_STATE_HOME"]
            else:
                os.environ["XDG_STATE_HOME"] = old
