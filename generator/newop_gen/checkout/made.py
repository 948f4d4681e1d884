"""Directories of a checkout that tools fill: nobody's code is in them."""

from __future__ import annotations

from pathlib import Path

_NAMES = frozenset({".git", "__pycache__", "node_modules", ".venv", ".pytest_cache", ".ruff_cache", ".mypy_cache"})


def is_made(directory: Path) -> bool:
    """Whether a directory is an environment, a cache or a build: by its name, or by the file that its tool marks it
    with (CACHEDIR.TAG, which cargo writes into `target` wherever that is)."""
    return directory.name in _NAMES or any((directory / mark).exists() for mark in ("pyvenv.cfg", "CACHEDIR.TAG"))
