"""What the checks share: the op, the tree's facts, a session with the checkout, and databases opened on tables."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..layouts.base import Facts, Rules
from ..model.op import Op, Query, Table, key_params
from ..model.questions import Asking
from ..problems import Place, Problem, SpecError
from ..sol.evaluate import Gpu
from ..tables.filing import Leaf
from ..tables.filing import Path as LeafPath
from .expectation import Dataset, Expectation
from .made_up import made_up
from .points import Values, path_values
from .session import Session
from .system import Root, system_spec
from .table import BadRow, arguments, decoded, read_table

if TYPE_CHECKING:
    from .result import Reach

MADE_UP = "made-up"
EMPTY = "empty"

MOST_POINTS = 2000  # of a table; a longer one is sampled evenly


@dataclass
class Bench:
    """One verification in progress. `scratch` is a directory for system roots and model configurations."""

    op: Op
    spec_path: Path
    facts: Facts
    rules: Rules
    session: Session
    scratch: Path
    datasets: list[Dataset] = field(default_factory=list)
    roots: dict[str, Root] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)  # system/backend that a set of the spec's tables is for
    reached: list[Reach] = field(default_factory=list)  # what the real tables have for wired models

    def __post_init__(self) -> None:
        self.system = system_spec(self.facts)
        self.expect = Expectation(self.op, self.facts, self.rules, Gpu.from_system(self.system, self.rules.peak))
        self._numbers = itertools.count()
        self._seconds: dict[str, str] = {}
        if self.compiled:
            self.session.ask(
                "declare",
                queries={q.method: [self.op.class_name(q.phase), q.phase == "context"] for q in self.op.queries},
                tables={t.attribute: self.op.class_name(t.phases[0]) for t in self.op.tables},
            )

    @property
    def compiled(self) -> bool:
        """The op is computed by the checkout's extension; where not, its Python answers."""
        return self.rules.crate is not None

    @property
    def own(self) -> Dataset:
        """The made-up tables."""
        return self.datasets[0]

    @property
    def loader_modules(self) -> list[str]:
        """Where the op's loaders are looked for, below the SDK; [] where it has none."""
        loading = self.rules.loading
        return [] if loading is None else [module.format(op=self.op.name) for module in loading.modules]

    def file_name(self, table: Table) -> str:
        return f"{table.stem}{self.facts.suffix}"

    def add(self, name: str, texts: Mapping[str, str]) -> Dataset:
        """Opens a database on tables (member -> CSV text). Raises `SpecError` for a table that can't be read."""
        tables = {t.member: t for t in self.op.tables}
        models = {}
        for member, text in texts.items():
            try:
                models[member] = read_table(self.op, tables[member], text)
            except BadRow as bad:
                place = Place(name, bad.number, 1)
                raise SpecError(
                    Problem(
                        place, f"the table can't be read: {bad}", "rows as the spec's nesting has them", "", "data-row"
                    )
                ) from None
        data = Dataset(name, self.reopen(name, texts), dict(texts), models, own=name == MADE_UP)
        for member in models:
            data.raw[member] = raw = self.raw_dump(data, tables[member])
            nodes = _nodes(raw)
            if nodes is not None:
                # What was collected is the file's word; only the points that were added are the database's.
                data.nodes[member] = {**nodes, **models[member].leaves}
                data.digests[member] = self.digest(data, tables[member])
        self.datasets.append(data)
        return data

    def reopen(self, name: str, texts: Mapping[str, str]) -> str:
        """A handle of a new database on these tables. What opening raised stays in `opened`."""
        tables = {t.member: t for t in self.op.tables}
        if name not in self.roots:
            files = {self.file_name(tables[m]): text for m, text in texts.items()}
            folder = self.scratch / f"root-{len(self.roots)}"
            self.roots[name] = Root.make(folder, self.facts, self.session, files)
        handle = f"{name}-{next(self._numbers)}"
        self.opened[handle] = self.roots[name].open(self.session, handle)
        return handle

    def second(self, mode: str = "SILICON") -> str:
        """Another database on the made-up tables, whose default mode is `mode`; the same one for every check."""
        if mode not in self._seconds:
            self._seconds[mode] = handle = self.reopen(self.own.name, self.own.texts)
            if mode != "SILICON":
                self.session.ask("default_mode", handle=handle, mode=mode)
        return self._seconds[mode]

    def made_up(self) -> Mapping[str, str]:
        return {t.member: made_up(self.op, t).text for t in self.op.tables}

    def query(self, handle: str, asked: Sequence[tuple[Query, Values, str | None]]) -> list[dict[str, Any]]:
        """Outcomes of queries, in order. Values as `points` has them; None as a mode leaves it to the database."""
        calls = [[q.method, arguments(self.op, v, self.facts), mode] for q, v, mode in asked]
        outcomes: list[dict[str, Any]] = self.session.ask("query", handle=handle, calls=calls)
        return outcomes

    def sol_parts(self, handle: str, asked: Sequence[tuple[Query, Values]]) -> list[dict[str, Any]]:
        """Outcomes with the SOL and its two bounds, in order."""
        if not self.compiled:
            return self.query(handle, [(q, v, "SOL_FULL") for q, v in asked])
        calls = [[q.method, arguments(self.op, v, self.facts)] for q, v in asked]
        outcomes: list[dict[str, Any]] = self.session.ask("parts", handle=handle, calls=calls)
        return outcomes

    def asking(self, query: Query) -> Asking:
        """What is to be asked of a query: with the texts and modes that the user's tables hold."""
        held: dict[str, dict[Any, None]] = {}
        for data in self.datasets:
            if not data.own:
                for path in data.collected(query):
                    for key, value in zip(query.nesting.keys, path):
                        if not key.params and key.lookup is None:
                            held.setdefault(key_params(key)[0], {})[value] = None
        texts = {n: tuple(v) for n, v in held.items() if self.op.params[n].type == "str"}
        return Asking(query, self.expect.gpu, self.facts.modes, texts)

    def raw_dump(self, data: Dataset, table: Table) -> Any:
        """The table's leaves in the database as they came: [[path, leaf], ...], None, or an error."""
        if self.compiled:
            return self.session.attempt("leaves", handle=data.handle, attribute=table.attribute)
        query = next(q for q in self.op.queries if q.table is table)
        first = self.measured(data, query)[:1]
        lazy = self.rules.loading is not None and self.rules.loading.lazy
        asked = arguments(self.op, first[0][1], self.facts) if first and lazy else None
        return self.session.attempt(
            "leaves",
            handle=data.handle,
            attribute=table.attribute,
            method=query.method if asked is not None else None,
            arguments=asked,
        )

    def digest(self, data: Dataset, table: Table) -> str:
        found: str = self.session.ask("digest", handle=data.handle, attribute=table.attribute)
        return found

    def measured(
        self, data: Dataset, query: Query, prefix: int = 0, most: int = MOST_POINTS
    ) -> list[tuple[LeafPath, Values, Leaf]]:
        """The collected points of a query's table, with the arguments that ask for each; evenly over the table where
        it has more than `most`."""
        leaves = data.collected(query)
        step = max(1, len(leaves) // most)
        found = []
        for path, leaf in itertools.islice(leaves.items(), 0, None, step):
            values = path_values(self.op, query, path, self.facts, prefix)
            if values is not None:
                found.append((path, values, leaf))
        return found


def _nodes(raw: Any) -> dict[LeafPath, Leaf] | None:
    """Leaves that came from the child, or None where they are no usable table. A leaf without energy has NaN."""
    if not isinstance(raw, list):
        return None
    leaves = {}
    for path, leaf in raw:
        if not (isinstance(leaf, dict) and isinstance(leaf.get("latency"), float)):
            return None
        energy = leaf.get("energy")
        key = tuple(decoded(k) if isinstance(k, dict) else k for k in path)
        leaves[key] = Leaf(leaf["latency"], leaf.get("power", 0.0), float("nan") if energy is None else energy)
    return leaves
