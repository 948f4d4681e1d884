"""An interpreter with what a release needs to run: the one at hand, or a virtual environment in the cache."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..checkout.places import Places
from ..problems import IoFault, Place, Problem
from .cache import cache_fault, locked
from .wheels import pip_words


@dataclass(frozen=True)
class Requirement:
    """A distribution that a release needs: the module it brings, and the versions that serve."""

    name: str
    module: str
    versions: str
    below: int  # the first major version that does not serve, or is not known to

    def met_by(self, version: str) -> bool:
        """Whether an installed version serves; a lower bound other than numpy's is not worth asking for here."""
        if self.name == "numpy":
            return version.startswith("1.26.")
        major = version.partition(".")[0]
        return not major.isdigit() or int(major) < self.below

    def __str__(self) -> str:
        return f"{self.name}{self.versions},<{self.below}"


# What releases 0.6 to 0.11 import, as their metadata have it; they name no upper bounds, and need some: plotext 6 has
# no `plot_size`, which their reports call, and pyarrow 26 refuses the numpy that they pin. pytest runs the unit test
# that comes with an inserted op, and upstream's own: 9.2 takes names from the modules that 0.11 hands on as its own.
REQUIREMENTS = (
    Requirement("numpy", "numpy", "~=1.26.4", 2),
    Requirement("pandas", "pandas", ">=2.2.3", 4),
    Requirement("scipy", "scipy", ">=1.13.1", 2),
    Requirement("pyyaml", "yaml", ">=6.0", 7),
    Requirement("matplotlib", "matplotlib", ">=3.9.4", 4),
    Requirement("plotext", "plotext", ">=5.3.2", 6),
    Requirement("plotly", "plotly", ">=6.0.1", 8),
    Requirement("prettytable", "prettytable", ">=3.16.0", 4),
    Requirement("tqdm", "tqdm", ">=4.0.0", 5),
    Requirement("bokeh", "bokeh", ">=3.0", 4),
    Requirement("nvidia-ml-py", "pynvml", ">=12", 100),
    Requirement("munch", "munch", ">=4.0.0", 5),
    Requirement("packaging", "packaging", ">=20.0", 100),
    Requirement("jinja2", "jinja2", ">=3.1.0", 4),
    Requirement("pyarrow", "pyarrow", ">=15.0.0", 26),
    Requirement("pydantic", "pydantic", ">=2.5", 3),
    Requirement("pytest", "pytest", ">=8.3.5", 9),
)

# numpy 1.26, which all of them pin, has no build for Python 3.13.
OLDEST, NEWEST = (3, 10), (3, 12)

BUILD_SECONDS = 1200


def runtime_python(report: Callable[[str], None] = print) -> Path:
    """An interpreter that can run a release, given the release's own directories on its path.

    `$NEWOP_GEN_RUNTIME` when it is set; else this interpreter when it has everything; else a virtual environment in
    the cache, built at the first call (needs a package index, about a minute) and reused afterwards. Raises `IoFault`
    when no interpreter from 3.10 to 3.12 is found or the environment can't be built.
    """
    chosen = os.environ.get("NEWOP_GEN_RUNTIME")
    if chosen:
        return _named(chosen)
    if OLDEST <= sys.version_info[:2] <= NEWEST and not missing_here():
        return Path(sys.executable)
    with locked("runtime") as cache:
        for environment in sorted(cache.glob(f"runtime/*-{_key()}")):
            python = _python_in(environment)
            if (environment / "complete").is_file() and _version_of(str(python)):
                return python
        base, version = find_interpreter()
        environment = cache / "runtime" / f"py{version[0]}{version[1]}-{_key()}"
        try:
            # What an interrupted build left.
            shutil.rmtree(environment, ignore_errors=True)
            report(f"Building an environment for aiconfigurator in {environment} (once, about a minute)")
            _build(base, environment)
            (environment / "complete").write_text(_listing())
        except OSError as error:
            raise cache_fault(environment, error) from None
        return _python_in(environment)


def release_environment(directory: str | os.PathLike[str], base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which an interpreter imports the release in `directory` (a checkout, a `src` root, the
    parent of a package or the package itself), from `base` (by default this process's environment).

    One BLAS thread: scipy's small calls get three times slower when BLAS threads compete for a second core.
    """
    environment = dict(os.environ if base is None else base)
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"):
        environment.pop(name, None)
    environment["PYTHONPATH"] = os.pathsep.join(str(root) for root in import_roots(directory))
    environment["OPENBLAS_NUM_THREADS"] = "1"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def import_roots(directory: str | os.PathLike[str]) -> list[Path]:
    """The directories that go on `sys.path` for the release in `directory`, in order."""
    root = Path(directory).resolve()
    places = Places.find(root)
    return [root] if places is None else places.import_roots(root)


def missing_here() -> list[Requirement]:
    """The requirements that the running interpreter does not meet."""
    missing = []
    for requirement in REQUIREMENTS:
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(requirement)
            continue
        if not requirement.met_by(version):
            missing.append(requirement)
    return missing


def find_interpreter() -> tuple[str, tuple[int, int]]:
    """An interpreter from 3.10 to 3.12 that can make virtual environments, and its version. Raises `IoFault`."""
    tried = []
    for candidate in _candidates():
        version = _version_of(candidate)
        if version is None:
            continue
        if OLDEST <= version <= NEWEST:
            return candidate, version
        tried.append(f"{candidate} is {version[0]}.{version[1]}")
    raise IoFault(
        Problem(
            Place("python"),
            "found no interpreter that can run aiconfigurator" + (f" ({'; '.join(tried)})" if tried else ""),
            "Python 3.10, 3.11 or 3.12 with venv (numpy 1.26, which the releases pin, has no newer one)",
            "install one and put it on the PATH, or set NEWOP_GEN_RUNTIME to an interpreter that has the release's "
            "requirements",
            "no-interpreter",
        )
    )


def _candidates() -> list[str]:
    names = ["python3.12", "python3.11", "python3.10", "python3"]
    found = [sys.executable]
    found += [path for name in names for path in [shutil.which(name)] if path]
    # A version manager's shim on the PATH answers for its chosen versions only.
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += [str(p) for minor in (12, 11, 10) for p in sorted(versions.glob(f"3.{minor}.*/bin/python"))]
    return list(dict.fromkeys(found))


def _version_of(python: str) -> tuple[int, int] | None:
    """The version of an interpreter that runs and can make environments with pip; None for any other."""
    check = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
    try:
        done = subprocess.run(
            [python, "-I", "-c", check],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None


def _named(path: str) -> Path:
    python = Path(path).expanduser().absolute()
    if not python.is_file() or not os.access(python, os.X_OK):
        raise IoFault(Problem(Place(str(python)), "NEWOP_GEN_RUNTIME names no interpreter", "", "", "no-interpreter"))
    return python


def _listing() -> str:
    return "".join(f"{requirement}\n" for requirement in REQUIREMENTS)


def _key() -> str:
    return hashlib.sha256(_listing().encode()).hexdigest()[:10]


def _python_in(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _build(base: str, environment: Path) -> None:
    environment.parent.mkdir(parents=True, exist_ok=True)
    python = str(_python_in(environment))
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    install += ["--retries=2", "--only-binary=:all:", *map(str, REQUIREMENTS)]
    # Packages do not always say with which others they work: only an import shows it.
    check = [python, "-I", "-c", "".join(f"import {requirement.module}\n" for requirement in REQUIREMENTS)]
    for command in ([base, "-m", "venv", str(environment)], install, check):
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
            )
            output, failed = done.stderr.strip() or done.stdout.strip(), done.returncode != 0
        except subprocess.TimeoutExpired:
            output, failed = f"no end after {BUILD_SECONDS // 60} minutes", True
        if failed:
            shutil.rmtree(environment, ignore_errors=True)
            raise IoFault(
                Problem(
                    Place(str(environment)),
                    f"the environment can't be built: {pip_words(output)}",
                    "a package index, once",
                    "check the network and pip's configuration, or set NEWOP_GEN_RUNTIME",
                    "runtime",
                )
            )
