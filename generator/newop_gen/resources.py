"""Where the files are that come with the tool: at the root of a source checkout, or inside an installed package."""

from __future__ import annotations

from pathlib import Path

from .problems import IoFault, Place, Problem

_PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """Directory of the Jinja templates, one folder per layout and `shared`."""
    return _find("templates")


def specs_dir() -> Path:
    """Directory of the example specs."""
    return _find("specs")


def schemas_dir() -> Path:
    """Directory of the JSON Schemas: of a spec and of the reports."""
    return _find("schemas", "docs/schemas")


def _find(name: str, in_checkout: str = "") -> Path:
    # A wheel has both names in one place; in a checkout the package is two levels down, in generator/newop_gen.
    for directory in (_PACKAGE / "_resources" / name, _PACKAGE.parents[1] / (in_checkout or name)):
        if directory.is_dir():
            return directory
    raise IoFault(
        Problem(
            Place(str(_PACKAGE)),
            f"the {name} that belong to newop-gen are not there",
            "a complete installation",
            "install newop-gen again",
            "installation",
        )
    )
