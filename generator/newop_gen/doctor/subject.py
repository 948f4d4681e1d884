"""What checks look at: one checkout's code, tables, queries, wirings and compiled ops, each read once."""

from __future__ import annotations

from dataclasses import dataclass

from ..checkout.tree import Tree
from .compiled import Compiled
from .queries import Queries
from .sdk import Code
from .tables import Tables
from .wirings import Wirings


@dataclass(frozen=True)
class Subject:
    """A checkout as checks see it. Read-only."""

    code: Code
    tables: Tables
    queries: Queries
    wirings: Wirings
    compiled: Compiled | None

    @classmethod
    def of(cls, tree: Tree) -> Subject:
        code = Code(tree)
        tables = Tables(code)
        queries = Queries(code, tables)
        return cls(code, tables, queries, Wirings(code, queries.op_names), Compiled.of(tree))
