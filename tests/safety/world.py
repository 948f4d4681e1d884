"""A small checkout and plans for it, quick enough to be killed some thousand times.

The plans are made as a layout makes them: against the tree as it is, with edits that stand there already marked as
done. The texts that they put in cover what insertions look like: whole functions, a lone comma, an element in a line,
a replaced line, a file in a new directory.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newop_gen import runs
from newop_gen.plan import Creation, Edit, Insertion, Plan, Prepared, Replacement, Step
from newop_gen.prepare import PlanOver
from newop_gen.write.apply import Receipt

PACKAGE = "src/aiconfigurator"
COMMON = f"{PACKAGE}/sdk/common.py"
DATABASE = f"{PACKAGE}/sdk/perf_database.py"
OPERATIONS = f"{PACKAGE}/sdk/operations.py"
MODELS = f"{PACKAGE}/sdk/models.py"

FILES: dict[str, bytes] = {
    f"{PACKAGE}/__init__.py": b"",
    f"{PACKAGE}/sdk/__init__.py": b"",
    COMMON: (
        b"import enum\n\n\nclass PerfDataFilename(enum.Enum):\n    gemm = 'gemm_perf.txt'\n    moe = 'moe_perf.txt'\n\n\n"
        b"MODES = ['silicon', 'sol']\n"
    ),
    DATABASE: (
        b"import os\r\n\r\n\r\ndef load_gemm(path):\r\n    return {}\r\n\r\n\r\nclass PerfDatabase:\r\n"
        b"    def __init__(self, path):\r\n        self.gemm = load_gemm(path)\r\n        self._correct_data()\r\n\r\n"
        b"    def _correct_data(self):\r\n        pass\r\n\r\n    def query_gemm(self, m, n, k):\r\n        return 1.0\r\n"
    ),
    OPERATIONS: (
        b"\xef\xbb\xbfclass Operation:\n    pass\n\n\nclass GEMM(Operation):\n    def query(self, database, x):\n"
        b"        return database.query_gemm(x, 1, 1)"
    ),
    MODELS: (
        b"from . import operations as ops\n\n\nclass LLAMAModel:\n    def __init__(self):\n        self.context_ops = [\n"
        b"            ops.GEMM(),\n            ops.GEMM()\n        ]\n        self.generation_ops = [ops.GEMM()]\n"
        b"        self.extra_ops = [ops.GEMM(), 0]\n"
    ),
    "README.md": b"A checkout.\n",
}


@dataclass(frozen=True)
class World:
    """A checkout at `root`; `state` is where XDG_STATE_HOME points for it, outside the tree."""

    root: Path
    state: Path
    git: bool


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory in memory where there is one: some thousand small checkouts are made, synced and killed in it."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


def make(directory: Path, *, git: bool = False, files: Mapping[str, bytes] = FILES) -> World:
    """A new checkout below `directory`; with `git`, one commit of it."""
    root = directory / "checkout"
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    if OPERATIONS in files:
        os.chmod(root / OPERATIONS, 0o755)
    (directory / "state").mkdir()
    if git:
        run = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        subprocess.run(["git", "init", "-q", "--template=", str(root)], check=True, env=environment)
        subprocess.run([*run, "add", "-A"], check=True, env=environment)
        subprocess.run([*run, "-c", "commit.gpgsign=false", "commit", "-qm", "start"], check=True, env=environment)
    return World(root, directory / "state", git)


def git(world: World | Path, *arguments: str, check: bool = True) -> str:
    """Run git as a person would, without inherited variables; returns what it printed."""
    root = world.root if isinstance(world, World) else world
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    run = subprocess.run(
        ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        + ["-c", "protocol.file.allow=always", *arguments],
        capture_output=True, text=True, check=False, env=clean,
    )  # fmt: skip
    assert not check or run.returncode == 0, run.stderr
    return run.stdout


def copy(world: World, directory: Path) -> World:
    """The same world in another place, state and all (without git, state is keyed by the root's path, and moves)."""
    directory.mkdir(parents=True)
    shutil.copytree(world.root, directory / "checkout", symlinks=True)
    shutil.copytree(world.state, directory / "state", symlinks=True)
    fresh = World(directory / "checkout", directory / "state", world.git)
    if not world.git and key(world).exists():
        shutil.copytree(key(world), key(fresh), symlinks=True)
        shutil.rmtree(fresh.state / "newop-gen" / key(world).name)
    return fresh


def key(world: World) -> Path:
    """The world's state directory, as documented: in the git directory, or named after the root's path."""
    if world.git:
        return world.root / ".git" / "newop-gen"
    name = hashlib.sha256(os.fsencode(os.path.realpath(world.root))).hexdigest()[:24]
    return world.state / "newop-gen" / name


def snapshot(root: Path, *, git: bool = False) -> dict[str, tuple[object, ...]]:
    """Everything below `root`: kind, permission, bytes or link target. The git directory only with `git`."""
    seen: dict[str, tuple[object, ...]] = {}
    for directory, names, files in os.walk(root):
        if not git and ".git" in names:
            names.remove(".git")
        for name in [*names, *files]:
            path = Path(directory, name)
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                seen[str(path.relative_to(root))] = ("link", os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                seen[str(path.relative_to(root))] = ("dir", stat.S_IMODE(status.st_mode))
            else:
                data = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
                seen[str(path.relative_to(root))] = ("file", stat.S_IMODE(status.st_mode), data)
    return seen


def _insert(data: bytes, path: str, after: bytes, text: bytes) -> Insertion:
    """`text` right after the first occurrence of `after`, done when it stands there."""
    at = data.index(after) + len(after)
    return Insertion(path, at, text, done=data[at:].startswith(text))


def apply_plan(plan: Plan, plan_over: PlanOver | None = None, **options: Any) -> Receipt:
    """`runs.apply_plan` of a plan as planning hands it on."""
    return runs.apply_plan(Prepared.of(plan), plan_over, **options)


def over(root: Path, op: str = "demo", variant: int = 0) -> PlanOver:
    """Plans as `plan` does, with some files different."""
    return lambda files: Prepared.of(plan(root, op, variant, over=files))


def plan(root: Path, op: str = "demo", variant: int = 0, *, over: Mapping[str, bytes | None] | None = None) -> Plan:
    """What `op` changes in the tree at `root`; `variant` is a version of its spec. `over` replaces files' bytes (None:
    the file counts as absent)."""
    over = over or {}
    known = [p for p in FILES if p.endswith(".py")]
    sources = {p: d for p in known if (d := over[p] if p in over else (root / p).read_bytes()) is not None}
    value = b"%d" % (variant + 1)
    name = op.encode()
    crlf = b"\r\n"
    loader = crlf.join([b"def load_%s(path):" % name, *[b"    x = %s" % value] * (variant % 3 + 1), b"    return {}"])
    loader += crlf * 3
    query = crlf.join([b"    def query_%s(self, x):" % name, b"        return x * %s" % value, b"", b""])
    operation = b"\n\n\nclass %s(Operation):\n    def query(self, database, x):\n        return %s\n" % (
        name.title(),
        value,
    )
    wired = b"\n            ops.%s()," % name.title() if variant % 2 == 0 else b" ops.%s(),  # two\n" % name.title()
    edits: list[tuple[str, Edit]] = [
        ("enum", _insert(sources[COMMON], COMMON, b"gemm_perf.txt'\n", b"    %s = '%s_perf.txt'\n" % (name, name))),
        ("mode", _insert(sources[COMMON], COMMON, b"'sol'", b", '%s%s'" % (name, value))),
        ("loader", _insert(sources[DATABASE], DATABASE, b"import os\r\n\r\n\r\n", loader)),
        (
            "registration",
            _insert(
                sources[DATABASE], DATABASE, b"load_gemm(path)\r\n        ", b"self.%s = %s\r\n        " % (name, value)
            ),
        ),
        ("query", _insert(sources[DATABASE], DATABASE, b"        pass\r\n\r\n", query)),
        ("operations", _insert(sources[OPERATIONS], OPERATIONS, b"query_gemm(x, 1, 1)", operation)),
        ("wiring", _insert(sources[MODELS], MODELS, b"self.context_ops = [", wired)),
        ("comma", _comma(sources[MODELS], MODELS)),
        ("replace", _replacement(sources[MODELS], MODELS, name, value)),
    ]
    edits += [
        (key, _creation(root, path, content, over))
        for key, path, content in (
            ("test", f"tests/unit/{op}/test_{op}.py", b"def test_%s():\n    assert %s\n" % (name, value)),
            ("data", f"{PACKAGE}/systems/{op}_perf.txt", b"x,latency\n1,%s\n" % value),
        )
    ]
    steps = tuple(Step(op, key, key, (edit,)) for key, edit in edits)
    return Plan(str(root), "synthetic", (op,), steps, sources)


def _comma(data: bytes, path: str) -> Insertion:
    """The comma that the last element of a list is given."""
    at = data.index(b"ops.GEMM()", data.index(b"ops.GEMM(),\n            ops.GEMM()") + 11) + len(b"ops.GEMM()")
    if data[at : at + 1] == b",":  # an earlier op may have put it there
        return Insertion(path, at, b",", done=True, once=True)
    return Insertion(path, at, b",", once=True)


def _replacement(data: bytes, path: str, name: bytes, value: bytes) -> Replacement:
    old = b"[ops.GEMM()]" if name == b"demo" else b"[ops.GEMM(), 0]"
    new = b"[ops.%s(), %s]" % (name.title(), value)
    if (at := data.find(new)) >= 0:
        return Replacement(path, at, at + len(new), new, old, done=True)
    at = data.index(old)
    return Replacement(path, at, at + len(old), new, old)


def _creation(root: Path, path: str, content: bytes, over: Mapping[str, bytes | None]) -> Creation:
    if path in over:
        now = over[path]
    else:
        now = (root / path).read_bytes() if (root / path).exists() else None
    return Creation(path, content, done=now == content)
