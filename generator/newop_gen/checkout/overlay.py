"""A checkout as it would be with some files different: nothing of it is on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .opened import source_of
from .places import Places
from .tree import Tree


def open_over(directory: str | os.PathLike[str], files: Mapping[str, bytes | None]) -> Tree:
    """`Tree.open`, with `files` (paths relative to the directory) holding other bytes, or absent where None is given.

    Raises as `Tree.open`.
    """
    real = Tree.open(directory)
    return OverlayTree(real.root, real.places, files)


class OverlayTree(Tree):
    """A tree whose `files` stand over what is on disk."""

    def __init__(self, root: os.PathLike[str], places: Places, files: Mapping[str, bytes | None]) -> None:
        super().__init__(Path(root), places)
        self._files = files
        for path, data in files.items():
            self._sources[path] = None if data is None else source_of(path, data)

    def exists(self, path: str) -> bool:
        return self._files[path] is not None if path in self._files else super().exists(path)

    def content(self, path: str) -> bytes | None:
        return self._files[path] if path in self._files else super().content(path)

    def listdir(self, path: str) -> list[str]:
        names = set(super().listdir(path))
        for file, data in self._files.items():
            above, _, name = file.rpartition("/")
            if above == path:
                (names.discard if data is None else names.add)(name)
        return sorted(names)
