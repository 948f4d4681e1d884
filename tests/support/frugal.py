"""What makes a process that runs many tests spend less on each, and changes nothing that a test could see.

Tests read the same checkouts hundreds of times: a file's syntax tree, which nobody changes, is made once for the same
bytes. They make and drop syntax trees by the million: the collector of cycles looks for some less often.
"""

from __future__ import annotations

import ast
import functools
import gc
from collections import OrderedDict

from newop_gen.checkout.python import PythonSource

#: Bytes of source whose syntax trees are kept: some 300 MB of them.
KEPT = 3_000_000


class Trees:
    """Syntax trees by the bytes that they were read from, the last used ones."""

    def __init__(self) -> None:
        self.trees: OrderedDict[bytes, ast.Module] = OrderedDict()
        self.size = 0

    def get(self, data: bytes) -> ast.Module | None:
        if data in self.trees:
            self.trees.move_to_end(data)
        return self.trees.get(data)

    def keep(self, data: bytes, tree: ast.Module) -> None:
        self.trees[data] = tree
        self.size += len(data)
        while self.size > KEPT:
            oldest, _ = self.trees.popitem(last=False)
            self.size -= len(oldest)


def begin() -> None:
    """From now on, for this process."""
    gc.set_threshold(100_000, 20, 20)
    trees, read = Trees(), PythonSource.__dict__["tree"].func

    def tree(self: PythonSource) -> ast.Module:
        found = trees.get(self.data)
        if found is None:
            found = read(self)
            trees.keep(self.data, found)
        return found

    once = functools.cached_property(functools.wraps(read)(tree))
    once.__set_name__(PythonSource, "tree")
    PythonSource.tree = once  # type: ignore[assignment]
