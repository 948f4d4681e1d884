"""The op code of a checkout: its files, functions and classes, found where the layouts know them to be.

No layout has to fit. A tree that only has some of the files is looked at as far as it goes, and what is missing is
said.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..checkout.python import PythonSource
from ..checkout.tree import Tree
from ..edits.python.find import Function
from ..problems import CheckoutRefused, Place
from .flow import Flow

MEMBERS = "PerfDataFilename"
DATABASE = "PerfDatabase"
RESULT = "PerformanceResult"
OPERATION = "Operation"
MODES = "DatabaseMode"


@dataclass(frozen=True, eq=False)
class Definition:
    """A function or method with the file and the class it stands in."""

    source: PythonSource
    node: Function
    owner: ast.ClassDef | None = None

    @property
    def name(self) -> str:
        return self.node.name

    @functools.cached_property
    def flow(self) -> Flow:
        return Flow(self.node)

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.node))

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.owner.name) if self.owner else (self.name,)

    def place(self, node: ast.AST | None = None) -> Place:
        return self.source.place(self.node if node is None else node)


@dataclass
class Code:
    """The files of one checkout. Those that are not there or do not parse are `lacking`, with the reason."""

    tree: Tree
    lacking: list[str] = field(default_factory=list)
    _nodes: dict[str, tuple[ast.AST, ...]] = field(default_factory=dict, repr=False)

    def nodes_of(self, source: PythonSource) -> tuple[ast.AST, ...]:
        """All nodes of a file, walked once."""
        if source.path not in self._nodes:
            self._nodes[source.path] = tuple(ast.walk(source.tree))
        return self._nodes[source.path]

    @property
    def home(self) -> str:
        """Path of the SDK."""
        return self.tree.places.sdk

    @property
    def module_root(self) -> str:
        """Import name of the SDK."""
        return self.tree.places.sdk_name

    @property
    def systems(self) -> str:
        return self.tree.places.systems

    def _named(self, name: str) -> list[PythonSource]:
        """`name.py`, and every module of a package `name`."""
        found = [self._parsed(f"{self.home}/{name}.py", needed=False)]
        folder = f"{self.home}/{name}"
        found += [self._parsed(f"{folder}/{f}") for f in self.tree.listdir(folder) if f.endswith(".py")]
        return [source for source in found if source is not None]

    def _parsed(self, path: str, *, needed: bool = True) -> PythonSource | None:
        try:
            source = self.tree.python(path)
            if source is None:
                if needed:
                    self.lacking.append(f"{path} is not there")
                return None
            _ = source.tree
        except CheckoutRefused as refusal:
            self.lacking.append(str(refusal.problems[0]))
            return None
        return source

    @functools.cached_property
    def common(self) -> PythonSource | None:
        return self._parsed(f"{self.home}/common.py")

    @functools.cached_property
    def database(self) -> PythonSource | None:
        return self._parsed(f"{self.home}/perf_database.py")

    @functools.cached_property
    def operations(self) -> list[PythonSource]:
        return self._some("operations")

    @functools.cached_property
    def models(self) -> list[PythonSource]:
        return self._some("models")

    @functools.cached_property
    def backends(self) -> list[PythonSource]:
        return self._named("backends")

    @functools.cached_property
    def afd(self) -> PythonSource | None:
        """What sorts operations into attention and FFN workers."""
        return self._parsed(f"{self.home}/afd_partition.py", needed=False)

    @functools.cached_property
    def engine(self) -> PythonSource | None:
        """What hands a model's operations to the compiled engine step."""
        return self._parsed(f"{self.home}/engine.py", needed=False)

    @functools.cached_property
    def modules(self) -> list[PythonSource]:
        """The modules that lie in the SDK itself, not in a package of it."""
        names = [n for n in self.tree.listdir(self.home) if n.endswith(".py")]
        return [s for n in names if (s := self._parsed(f"{self.home}/{n}", needed=False)) is not None]

    @functools.cached_property
    def helpers(self) -> list[PythonSource]:
        return [*self._named("interpolation"), *self._named("perf_interp")]

    def _some(self, name: str) -> list[PythonSource]:
        found = self._named(name)
        if not found:
            self.lacking.append(f"{self.home} has no {name}")
        return found

    @functools.cached_property
    def table_sources(self) -> list[PythonSource]:
        """Files in which tables are loaded and asked."""
        return ([self.database] if self.database else []) + self.operations

    def module_of(self, source: PythonSource) -> str:
        """Import name of one of the SDK's files."""
        inside = source.path.removeprefix(f"{self.home}/").removesuffix(".py").removesuffix("/__init__")
        return f"{self.module_root}.{inside.replace('/', '.')}"

    @functools.cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Functions and methods of the files in which tables are loaded and asked, with those of their helpers."""
        return tuple(d for source in (*self.table_sources, *self.helpers) for d in definitions(source))

    @functools.cached_property
    def by_name(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        for definition in self.definitions:
            found.setdefault(definition.name, []).append(definition)
        return found

    @functools.cached_property
    def enums(self) -> dict[str, ast.ClassDef]:
        """Classes of the common module whose bases say that they are enums."""
        classes = [n for n in self.common.tree.body if isinstance(n, ast.ClassDef)] if self.common else []
        return {c.name: c for c in classes if any("Enum" in ast.unparse(b) for b in c.bases)}

    @functools.cached_property
    def members(self) -> dict[str, ast.Assign]:
        """The perf file names: assignments by name, those that repeat a value included."""
        owner = self.enums.get(MEMBERS)
        return dict(enum_members(owner)) if owner else {}

    def file_name(self, member: str) -> str | None:
        """The file name of a member, when it is written as a text."""
        node = self.members.get(member)
        value = node.value if node else None
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None

    @functools.cached_property
    def reads_sources(self) -> bool:
        """Loaders are given several sources, in the order of their priority."""
        return any("_build_op_sources" in d.name for d in self.definitions)


def definitions(source: PythonSource) -> Iterator[Definition]:
    """Functions at the top of a file and methods of its classes."""
    for node in source.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Definition(source, node)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield Definition(source, inner, node)


def enum_members(owner: ast.ClassDef) -> Iterator[tuple[str, ast.Assign]]:
    for node in owner.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and not target.id.startswith("_"):
                    yield target.id, node
