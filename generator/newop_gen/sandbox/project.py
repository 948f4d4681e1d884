"""The files that a wheel does not carry and a source checkout has: a project file, an ignore list, a test tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.parser import HeaderParser

from .releases import EngineRelease

# The directories of a checkout's test tree in which a new op's unit test belongs.
TEST_PACKAGES = ("tests", "tests/unit", "tests/unit/sdk", "tests/unit/sdk/database")

IGNORED = ("__pycache__/", "*.egg-info/", "build/", "dist/", "venv/", "env/", ".venv/", ".pytest_cache/")
BUILT = ("target/", "*.so")

# The lint profile that aiconfigurator's releases have in common; wheels carry none.
_SELECT = "YTT B A C4 T10 SIM I C90 E W F PGH UP RUF TRY N"
_IGNORE = (
    "A005 E731 RUF005 C901 C408 B007 SIM105 E402 E722 C401 TRY003 TRY300 TRY301 SIM108 B006 RUF015 N812 PGH003 "
    "RUF059 UP007 UP045 B019 B023"
)

# Modules that only the repository has, beside its packages.
_FIRST_PARTY = ("utils", "helper")

_MARKERS = ("unit: fast tests", "integration: several components together", "e2e: end to end", "build: for builds")


def project_file(
    version: str,
    metadata: str,
    packages: Sequence[str],
    name: str = "aiconfigurator",
    folders: Sequence[str] = ("src",),
) -> str:
    """A `pyproject.toml` for a checkout made from a wheel: installable, with upstream's lint profile.

    `metadata` is the wheel's METADATA; its requirements (those of no extra) and its Python floor are taken over.
    `packages` are the wheel's source packages, which imports are sorted by, `folders` where packages stand.
    """
    headers = HeaderParser().parsestr(metadata)
    requirements = [str(r) for r in headers.get_all("Requires-Dist", []) if ";" not in str(r)]
    floor = str(headers.get("Requires-Python") or ">=3.10")
    match = re.search(r"3\.(\d+)", floor)
    target = f"py3{match[1]}" if match else "py310"
    return f"""\
# Made by newop-gen for a practice checkout of {name} {version}; the release's wheel carries no project file.

[project]
name = "{name}"
version = "{version}"
requires-python = "{floor}"
dependencies = {_array(requirements)}

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools.packages.find]
where = {_array(folders)}

[tool.ruff]
line-length = 120
target-version = "{target}"
extend-exclude = ["*.ipynb"]

[tool.ruff.lint]
select = {_array(_SELECT.split())}
ignore = {_array(_IGNORE.split())}

[tool.ruff.lint.isort]
known-first-party = {_array([*packages, *_FIRST_PARTY])}

[tool.pytest.ini_options]
pythonpath = {_array(folders)}
testpaths = ["tests"]
addopts = "--strict-markers"
markers = {_array(_MARKERS)}
"""


def generated_files(version: str, metadata: str, packages: Sequence[str]) -> dict[str, str]:
    """Path and text of every file that is added to a wheel's own."""
    files = {"pyproject.toml": project_file(version, metadata, packages), ".gitignore": "\n".join(IGNORED) + "\n"}
    files |= {f"{package}/__init__.py": "" for package in TEST_PACKAGES}
    return files


def engine_files(release: EngineRelease, metadata: str) -> dict[str, str]:
    """Path and text of every file that is added to a release whose ops are compiled."""
    inside = f"{release.home}/" if release.home else ""
    folders = list(dict.fromkeys(folder.removeprefix(inside) or "." for folder in release.folders.values()))
    folders = [folder for folder in folders if folder != release.home]
    project = project_file(release.version, metadata, sorted(release.folders), release.project, folders)
    files = {f"{inside}pyproject.toml": project, ".gitignore": "\n".join((*IGNORED, *BUILT)) + "\n"}
    return files | {f"{inside}{package}/__init__.py": "" for package in TEST_PACKAGES}


def minimal_metadata(version: str) -> str:
    """Metadata for a release that comes from a clone, which has none."""
    return f"Metadata-Version: 2.1\nName: aiconfigurator\nVersion: {version}\n"


def _array(items: Sequence[str]) -> str:
    return "[\n" + "".join(f'    "{item}",\n' for item in items) + "]"
