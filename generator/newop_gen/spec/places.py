"""From a loc of the model to a place in the file."""

from __future__ import annotations

from ..problems import Place
from .nodes import Document, Loc, Node, Scalar, source_index


class Places:
    """From a pydantic loc, such as ('nesting', 'keys', 0, 'param'), to a place in the file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes: dict[Loc, Node] = {}
        self._keys: dict[Loc, Scalar] = {}

    def add(self, loc: Loc, node: Node, key: Scalar | None = None) -> None:
        self._nodes[loc] = node
        if key is not None:
            self._keys[loc] = key

    def __contains__(self, loc: object) -> bool:
        return loc in self._nodes

    def __call__(self, loc: Loc) -> Place:
        """Where `loc` stands: its value when that is a scalar, else its key. A missing one is where its parent is."""
        loc = self._nearest(loc)
        node = self._nodes.get(loc)
        if node is None:
            return Place(self._document.file)
        start = node.start
        if loc in self._keys and (not isinstance(node, Scalar) or node.start == node.end):
            start = self._keys[loc].start
        return self._document.place(start)

    def key(self, loc: Loc) -> Place:
        """Where the key of `loc` stands; of a list item, the item."""
        loc = self._nearest(loc)
        key = self._keys.get(loc)
        return self._document.place(key.start) if key else self(loc)

    def offset(self, loc: Loc, offset: int) -> Place:
        """Where the character at `offset` of the text at `loc` stands, whatever its quoting or folding."""
        node = self._nodes.get(loc)
        if not isinstance(node, Scalar):
            return self(loc)
        return self._document.place(source_index(self._document, node, offset))

    def _nearest(self, loc: Loc) -> Loc:
        while loc and loc not in self._nodes:
            loc = loc[:-1]
        return loc
