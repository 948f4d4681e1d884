"""What the kernel sees: no mutating call goes past `write.fs`, and a second apply makes none at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import world as worlds
from .commands import COMMANDS, apply, in_child, prepared
from .faults import Counter as Hook
from .world import World

REPOSITORY = Path(__file__).parents[2]

# Everything that changes a file system, by the name that `write.fs` gives it. Opening counts when it may create,
# truncate or write.
KERNEL = {
    "mkdir": "mkdir", "mkdirat": "mkdir", "openat": "create", "open": "create", "creat": "create",
    "write": "write", "writev": "write", "pwrite64": "write", "pwritev": "write", "copy_file_range": "write",
    "sendfile": "write", "truncate": "truncate", "ftruncate": "truncate", "fallocate": "truncate",
    "fchmod": "fchmod", "chmod": "fchmod", "fchmodat": "fchmod", "fchown": "fchown", "chown": "fchown",
    "lchown": "fchown", "fchownat": "fchown", "fsync": "fsync", "fdatasync": "fsync", "rename": "rename",
    "renameat": "rename", "renameat2": "rename", "link": "link", "linkat": "link", "unlink": "unlink",
    "unlinkat": "unlink", "rmdir": "unlink", "symlink": "symlink", "symlinkat": "symlink", "mknod": "mknod",
    "mknodat": "mknod", "utimensat": "utime", "setxattr": "xattr", "fsetxattr": "xattr", "lsetxattr": "xattr",
    "removexattr": "xattr", "fremovexattr": "xattr",
}  # fmt: skip
SHIM = {"rmdir": "unlink", "exchange": "rename", "rename_new": "rename", "fsetxattr": "xattr"}


def _traces() -> bool:
    strace = shutil.which("strace")
    if strace is None:
        return False
    return subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


needs_strace = pytest.mark.skipif(not _traces(), reason="strace is missing or not permitted here")


def traced(world: World, command: str, log: Path) -> tuple[Counter[str], Counter[str]]:
    """Mutating calls of a command and of all that it starts: as the kernel saw them, and as `write.fs` did."""
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(world.state),
        "PYTHONPATH": str(REPOSITORY / "generator"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    names = ",".join(f"?{name}" for name in KERNEL)
    run = subprocess.run(
        ["strace", "-f", "-y", "-qq", "-o", str(log), "-e", f"trace={names}", sys.executable, "-m"]
        + ["tests.safety.child", command, str(world.root), "--calls"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    seen: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"\d+ +(\w+)\((.*)", line)
        if found is None:
            continue
        name, rest = found.groups()
        if KERNEL[name] == "create" and not re.search(r"O_CREAT|O_WRONLY|O_TRUNC", rest):
            continue  # the lock is opened for reading and writing, and never written
        if KERNEL[name] == "write" and re.match(r"\d+<(pipe:|socket:|/dev/null|/dev/pts|anon_inode:)", rest):
            continue
        if KERNEL[name] == "create" and "/dev/null" in rest:
            continue
        seen[KERNEL[name]] += 1
    return seen, Counter(SHIM.get(call, call) for call in run.stderr.split())


@needs_strace
@pytest.mark.parametrize("git", [False, True], ids=["plain", "git"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_mutating_call_goes_through_the_shim(scratch: Path, name: str, git: bool) -> None:
    world = prepared(scratch, name, git=git)
    kernel, shim = traced(world, name, scratch / "log")
    assert kernel == shim
    assert shim["rename"] > 4 and shim["fsync"] > 10


@needs_strace
@pytest.mark.parametrize("git", [False, True], ids=["plain", "git"])
def test_a_second_apply_makes_no_mutating_call(scratch: Path, git: bool) -> None:
    world = prepared(scratch, "remove", git=git)
    before = worlds.snapshot(scratch, git=True)
    kernel, _ = traced(world, "apply", scratch.parent / f"{scratch.name}.log")
    (scratch.parent / f"{scratch.name}.log").unlink()
    assert kernel == Counter()
    assert worlds.snapshot(scratch, git=True) == before


@needs_strace
def test_the_trace_sees_what_goes_past_the_shim(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: git commands that write are seen, so git commands that were to write would be."""
    world = prepared(scratch, "apply", git=True)
    log = scratch / "log"
    run = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=openat,rename", "git", "-C", str(world.root), "status"]
    os.utime(world.root / worlds.COMMON)
    subprocess.run(run, capture_output=True, check=True)
    assert re.search(r"index\.lock.*O_CREAT", log.read_text())


@pytest.mark.parametrize("git", [False, True], ids=["plain", "git"])
def test_a_second_apply_calls_nothing_in_the_shim(scratch: Path, git: bool) -> None:
    world = prepared(scratch, "remove", git=git)
    outcome = in_child(world, apply, Hook())
    assert outcome.exit_code == 0 and outcome.value.nothing
    assert outcome.calls == []
