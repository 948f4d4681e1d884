"""Small checkouts in the shape of each layout, for tests that need one to change.

What `fixtures/checkouts` makes them from is this project's own writing: the names, places and forms that op integration
depends on are those of a release, everything behind them is made up. They run, and take a second where a release takes
ten. `fixture_selfcheck` holds them to the releases.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from support import warm
from support.composed import built, version_of

from newop_gen.problems import NewopError
from newop_gen.sandbox.runtime import runtime_python

#: Fixtures by layout name as `newop-gen detect` prints it.
BY_LAYOUT = {
    "direct": ("v0_6",),
    "func_map": ("v0_7", "v0_8"),
    "sources": ("v0_9",),
    "op_owned": ("v0_10",),
    "core": ("v0_11",),
}
#: The release that each fixture stands for, oldest first.
VERSIONS = {name: f"{version_of(name)}.0" for names in BY_LAYOUT.values() for name in names}
#: What a fixture imports beside the standard library; tables are parquet from 0.10 on.
NEEDS = {
    name: ("numpy", "scipy", "yaml") if int(name[3:]) < 10 else ("numpy", "pyarrow", "scipy", "yaml")
    for name in VERSIONS
}

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"


def copy_fixture(name: str, directory: Path) -> Path:
    """A fresh copy of the fixture `name` (such as `v0_9`) as `directory / name`, which must not exist."""
    return put_fixture(name, directory / name)


def put_fixture(name: str, root: Path) -> Path:
    """A fresh copy of the fixture `name` in the directory `root`, beside what may be there."""
    # Modes of files are the copy's own: the fixture itself is not for writing.
    return Path(shutil.copytree(built(name), root, symlinks=True, dirs_exist_ok=True, copy_function=shutil.copyfile))


def copy_git_fixture(name: str, directory: Path, *, lfs_pointers: bool = False) -> Path:
    """The same as a repository with one commit and a clean work tree.

    With `lfs_pointers` the measured tables are pointers, as they are in a clone without Git LFS.
    """
    root = copy_fixture(name, directory)
    if lfs_pointers:
        for table in sorted(root.glob("**/systems/data/**/*_perf.*")):
            table.write_text(_POINTER.format(digest="0" * 64, size=table.stat().st_size), encoding="utf-8")
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "-m", name],
    ):
        run_git(root, *arguments)
    return root


def run_git(root: Path, *arguments: str) -> str:
    """Output of a git command in `root`, whatever the user's own configuration is."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {
            f"GIT_{role}_NAME": "test",
            f"GIT_{role}_EMAIL": "test@example.invalid",
            f"GIT_{role}_DATE": "2025-01-01T00:00:00Z",
        }
    command = ["git", "-c", "core.autocrlf=false", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


@functools.cache
def python_for(name: str) -> str | None:
    """An interpreter that can run a fixture: this one, or the one that releases run in; None if there is neither."""
    if sys.version_info < (3, 13) and all(importlib.util.find_spec(module) for module in NEEDS[name]):
        return sys.executable
    try:
        return str(runtime_python(lambda line: None))
    except NewopError:
        return None


def source_roots(root: Path) -> list[Path]:
    """Directories that have to be on `PYTHONPATH` to import the checkout's packages."""
    return [path for path in (root / "aic-core" / "src", root / "src") if path.is_dir()]


def run_in_fixture(root: Path, code: str, *arguments: str, timeout: float = 120) -> str:
    """What Python code printed that ran with the copied fixture in `root` importable.

    Raises `AssertionError` with everything that was printed if the code failed.
    """
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, source_roots(root))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    python = python_for(root.name) or sys.executable
    done = warm.run(python, ["-c", code, *arguments], env=environment, cwd=root, timeout=timeout)
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
