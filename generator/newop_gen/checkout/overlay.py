"""A checkout as it would be with some files different: nothing of it is on disk."""

from __future__ import annotations

from collections.abc import Mapping

from .opened import source_of
from .tree import Tree


class OverlayTree(Tree):
    """The checkout of another tree, its files read anew, with `files` (paths relative to its root) holding other bytes,
    or absent where None is given."""

    def __init__(self, tree: Tree, files: Mapping[str, bytes | None]) -> None:
        super().__init__(tree.root, tree.places)
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
