"""The fixtures of `fixtures/checkouts`, put together: a tree for each version from one source of them all.

Sources are woven (`support/woven.py`). Beyond its marks they have

    #@ file 0.9-          in the first line: the file is only in these versions
    #include parts/x.py   the text of another source as this version has it
    @release@, @version@  such as 0.9.0 and 0.9

`root/` lies as in a checkout, `package/` where the version has its package, under that package's name. A version that
is added has whatever the one before it had, but for what its marks say.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

from support import woven

TESTS = Path(__file__).parents[1]
FOLDER = TESTS / "fixtures" / "checkouts"
BUILT = TESTS.parent / "build" / "fixtures"

#: Where a checkout has its package, and its name, from a version on.
_PACKAGES = {"0.6": ("src", "aiconfigurator"), "0.11": ("aic-core/src", "aiconfigurator_core")}
#: From this version on there is a module at each old place that stands for the one in the core.
_SHIMS_FROM = "0.11"
_FACADES = ("models", "operations", "perf_interp")

#: When all of a fixture was last changed (1980, where the times of archives begin): what is later was written to.
_LONG_AGO = 315_619_200

_FILE = f"{woven.MARK} file "
_INCLUDE = re.compile(r"^#include (\S+)\n", re.MULTILINE)


def version_of(name: str) -> str:
    """`v0_9` as marks name it: `0.9`."""
    return name[1:].replace("_", ".")


@cache
def sources_digest() -> str:
    """Of everything that a fixture is made from."""
    digest = hashlib.sha256()
    for path in sorted([*FOLDER.rglob("*"), Path(__file__), Path(woven.__file__)]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(TESTS)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def built(name: str) -> Path:
    """The fixture `name` (such as `v0_9`), to be read and never written to. It is made once for a state of the sources;
    of several processes that try at once the first to be ready wins."""
    target = BUILT / sources_digest() / name
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=target.parent))
        try:
            compose(name, scratch / name)
            (scratch / name).rename(target)
        except OSError:
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return target


def compose(name: str, root: Path) -> None:
    """Writes the fixture `name` to `root`, which must not exist."""
    from fixtures.checkouts.tables import write_tables  # brings pyarrow, which takes its time

    version = version_of(name)
    place, package = next(found for since, found in reversed(_PACKAGES.items()) if _reaches(version, since))
    root.mkdir(parents=True)
    for path, text in _texts(version, "root").items():
        _write(root / path, text)
    for path, text in _texts(version, "package").items():
        _write(root / place / package / path, re.sub(r"\baiconfigurator\b", package, text))
    systems = root / place / package / "systems"
    write_tables(systems, woven.number(version))
    if _reaches(version, _SHIMS_FROM):
        _add_shims(root, root / place / package)
    for path in _paths(root):
        if path.is_file():
            path.chmod(0o444)
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def changed_fixtures() -> list[Path]:
    """What was changed of the fixtures that are there to be read only."""
    trees = (BUILT / sources_digest()).glob("v*_*")
    return [
        path for tree in trees if "-" not in tree.name for path in _paths(tree) if path.stat().st_mtime != _LONG_AGO
    ]


def _paths(root: Path) -> list[Path]:
    """Files and directories of a tree, but for links."""
    return [path for path in [*root.rglob("*"), root] if not path.is_symlink()]


def _texts(version: str, folder: str) -> dict[str, str]:
    """By path: what the files of a folder of sources are in that version, without those that it does not have."""
    found = {}
    for path in sorted((FOLDER / folder).rglob("*")):
        if path.is_dir() or path.suffix == ".pyc":
            continue
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        if not first.startswith(_FILE) or woven.holds(first.removeprefix(_FILE), version):
            found[path.relative_to(FOLDER / folder).as_posix()] = _text(path, version)
    return found


def _text(path: Path, version: str) -> str:
    text = path.read_text(encoding="utf-8")
    if text.startswith(_FILE):
        text = text.partition("\n")[2]
    text = woven.unweave(text, version).replace("@release@", f"{version}.0").replace("@version@", version)
    return _INCLUDE.sub(lambda match: _text(FOLDER / match[1], version), text)


def _add_shims(root: Path, core: Path) -> None:
    old = root / "src" / "aiconfigurator"
    for path in sorted((core / "sdk").rglob("*.py")):
        inner = path.relative_to(core)
        facade = path.name == "__init__.py"
        if facade and path.parent.name not in _FACADES:
            continue
        module = ".".join((core.name, *(inner.parent if facade else inner.with_suffix("")).parts))
        text = (FOLDER / "parts" / ("facade.py" if facade else "alias.py")).read_text(encoding="utf-8")
        _write(old / inner, text.replace("@module@", module))
    for name in ("model_configs", "systems"):
        (old / name).symlink_to(os.path.relpath(core / name, old))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _reaches(version: str, since: str) -> bool:
    return woven.number(version) >= woven.number(since)
