"""Checkouts around a directory: the one that it is in, those that are in it."""

from __future__ import annotations

import itertools
from pathlib import Path

from ..problems import CheckoutRefused
from .tree import Tree

LOOKED_AT = 200
"""Entries of a directory."""


def tree_around(directory: Path) -> Tree | None:
    """The checkout that the directory is in: it, or the nearest one above it."""
    for place in (directory, *directory.parents):
        try:
            return Tree.open(place)
        except CheckoutRefused:
            continue
    return None


def checkout_around(directory: Path) -> Path | None:
    """The directory to name with `--checkout` from inside a checkout: itself if it will do, else the outermost that
    does (of a repository, its `src` and its package, the repository has the tests, too)."""
    found = None
    for place in (directory, *directory.parents):
        try:
            Tree.open(place)
        except CheckoutRefused:
            continue
        if place == directory:
            return place
        found = place
    return found


def checkouts_in(directory: Path) -> list[str]:
    """Names of the checkouts in a directory."""
    found = []
    for path in _entries(directory):
        if path.is_dir():
            try:
                Tree.open(path)
            except CheckoutRefused:
                continue
            found.append(path.name)
    return found


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(itertools.islice(directory.iterdir(), LOOKED_AT))
    except OSError:
        return []
