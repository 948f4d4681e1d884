"""A release whose ops are compiled, as one checkout at a fixed path: what is built of it is built once.

cargo compiles a crate anew for each path that it is at, and by the times of files. So there is one checkout per release
in the cache, and a test that wants specs in it gets only those files written that differ. It is the test's alone while
it runs; the next one finds it as that one left it, and puts right what differs again.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from filelock import FileLock

from newop_gen.checkout.tree import Tree
from newop_gen.model.loaded import load_ops
from newop_gen.prepare import prepare
from newop_gen.sandbox.cache import cache_dir
from support.releases import copy_release

WAIT_SECONDS = 3600


@contextlib.contextmanager
def standing(version: str, specs: Sequence[Path] = (), systems: Collection[str] | None = ()) -> Iterator[Path]:
    """The checkout of a release with specs put into it and nothing else, for this test alone. `systems` as for
    `copy_release`.

    Raises `ReleaseUnavailable` as `copy_release`, and what planning raises.
    """
    home = cache_dir() / "standing" / version
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / "lock", timeout=WAIT_SECONDS), tempfile.TemporaryDirectory(dir=home) as scratch:
        fresh = copy_release(version, Path(scratch) / "checkout", systems=systems).root
        if specs:
            for change in prepare(load_ops(list(specs)), Tree.open(fresh)).changes:
                path = fresh / change.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)  # tables are links into the cache
                path.write_bytes(change.after)
        root = home / "checkout"
        same(fresh, root)
        yield root


def same(wanted: Path, root: Path) -> list[str]:
    """Makes `root` what `wanted` is, and says which files were not: others keep the time that they have."""
    changed = []
    for path in sorted(root.rglob("*"), reverse=True) if root.is_dir() else ():
        there = wanted / path.relative_to(root)
        if there.is_dir() != path.is_dir() or not there.exists():
            changed.append(str(path.relative_to(root)))
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in sorted(wanted.rglob("*")):
        target = root / path.relative_to(wanted)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.is_file() or target.read_bytes() != path.read_bytes():
            changed.append(str(path.relative_to(wanted)))
            target.unlink(missing_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return changed
