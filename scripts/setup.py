"""Makes .venv: this project, editable, with its development tools.

What is needed is downloaded into the cache ($NEWOP_GEN_CACHE, else ~/.cache/newop-gen) at the first run and installed
from there, so that another clone on the same machine needs no network. Uses the standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What pip needs to build an editable install, besides the build requirements that pyproject.toml names.
FOR_THE_BUILD = ["editables"]


def main() -> int:
    environment = ROOT / ".venv"
    stamp = environment / "ready"
    state = digest(sys.version, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if stamp.is_file() and stamp.read_text() == state:
        return 0
    wheels = wheelhouse(requirements())
    print(f"Making {environment}", flush=True)
    venv.create(environment, clear=True, with_pip=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-index", f"--find-links={wheels}"]
    subprocess.run([*pip, *offline, "--editable", f"{ROOT}[dev]"], check=True, stdin=subprocess.DEVNULL)
    stamp.write_text(state)
    return 0


def requirements() -> list[str]:
    """Everything that pyproject.toml asks for: to build, to run, to develop."""
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10; pip brings a reader along
        from pip._vendor import tomli as tomllib
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    table = project["project"]
    itself = re.compile(rf"{re.escape(table['name'])}\[([\w, -]+)\]")

    def extra(name: str) -> list[str]:
        found = []
        for requirement in table["optional-dependencies"][name]:
            # An extra may name other extras of this project, which is not to be looked for on an index.
            others = itself.fullmatch(requirement.strip())
            found += [r for other in others[1].split(",") for r in extra(other.strip())] if others else [requirement]
        return found

    return [*table["dependencies"], *extra("dev"), *project["build-system"]["requires"], *FOR_THE_BUILD]


def digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def wheelhouse(wanted: list[str]) -> Path:
    """A directory of the cache with wheels of everything wanted, complete or not there."""
    base = os.environ.get("NEWOP_GEN_CACHE")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "newop-gen")
    name = f"py{sys.version_info[0]}{sys.version_info[1]}-{digest(sys.version, *wanted)}"
    directory = Path(base).expanduser().absolute() / "wheelhouse" / name
    if not directory.is_dir():
        print(f"Downloading the development tools into {directory} (once)", flush=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="download-", dir=directory.parent))
        pip = [sys.executable, "-m", "pip", "wheel", "-qq", "--disable-pip-version-check", "--no-input"]
        try:
            subprocess.run([*pip, f"--wheel-dir={scratch}", *wanted], check=True, stdin=subprocess.DEVNULL)
            try:
                scratch.rename(directory)
            except OSError:
                if not directory.is_dir():  # otherwise another process was faster
                    raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return directory


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"set-up failed: {' '.join(map(str, error.cmd[:4]))} ... gave {error.returncode}")
