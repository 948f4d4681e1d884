"""What there is to know of the Python SDK of a tree, whatever layout it has."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass

from ...checkout.python import PythonSource
from ...checkout.tree import Tree
from ...edits.python.find import attempt, find_class, find_method
from ...sol.quants import Quant, canonical
from ..base import SixteenBit


@dataclass
class Sdk:
    """The SDK at `home` (a path). Answers are kept: probes, facts and plan look at the same nodes."""

    tree: Tree
    home: str

    def path(self, name: str) -> str:
        return f"{self.home}/{name}"

    def parsed(self, name: str) -> PythonSource | None:
        """One of its files; raises `CheckoutRefused` with the line of one that does not parse."""
        source = self.tree.python(self.path(name))
        if source is not None:
            _ = source.tree
        return source

    def existing(self, path: str) -> str | None:
        """A path of the tree that there is a file at, else None."""
        return path if self.tree.source(path) is not None else None

    @functools.cached_property
    def common(self) -> PythonSource | None:
        return self.parsed("common.py")

    @functools.cached_property
    def database(self) -> PythonSource | None:
        return self.parsed("perf_database.py")

    @functools.cached_property
    def enum(self) -> ast.ClassDef | None:
        return attempt(find_class, self.common, "PerfDataFilename")[0] if self.common else None

    @functools.cached_property
    def db_class(self) -> ast.ClassDef | None:
        return attempt(find_class, self.database, "PerfDatabase")[0] if self.database else None

    def has_method(self, name: str) -> bool:
        """Whether `PerfDatabase` has a method."""
        return self.db_class is not None and name in methods(self.db_class)

    @functools.cached_property
    def suffix(self) -> str | None:
        """The suffix of the perf files, read from the last member of `PerfDataFilename`."""
        if self.enum is None:
            return None
        values = [
            n.value.value
            for n in self.enum.body
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant) and isinstance(n.value.value, str)
        ]
        return "." + values[-1].rsplit(".", 1)[1] if values and "." in values[-1] else None

    @functools.cached_property
    def models(self) -> tuple[str, ...]:
        """Model files, relative to the root."""
        single = self.path("models.py")
        if self.tree.source(single) is not None:
            return (single,)
        folder = self.path("models")
        return tuple(f"{folder}/{n}" for n in self.tree.listdir(folder) if n.endswith(".py"))

    @functools.cached_property
    def modes(self) -> PythonSource | None:
        """The file that defines the quant modes: common.py, or the module beside the SDK that it has them from."""
        imports = [n for n in self.common.tree.body if isinstance(n, ast.ImportFrom)] if self.common else []
        origin = next((n.module for n in imports if any(a.name == "GEMMQuantMode" for a in n.names)), None)
        if origin is None:
            return self.common
        return self.tree.python(f"{self.home.rpartition('/')[0]}/{origin.rpartition('.')[2]}.py")

    @functools.cached_property
    def sixteen_bit(self) -> SixteenBit | None:
        """What the source of GEMMQuantMode calls its 16-bit member (an alias made at run time would fool an import)."""
        modes = attempt(find_class, self.modes, "GEMMQuantMode")[0] if self.modes else None
        if modes is None:
            return None
        names = {t.id for n in modes.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
        known: tuple[SixteenBit, ...] = ("bfloat16", "float16")
        return next((name for name in known if name in names), None)

    @functools.cached_property
    def quants(self) -> dict[str, Quant]:
        """The tree's own quant modes: `name = QuantMapping(bytes per element, compute factor, name)`, from 0.12 on with
        the type that is computed in."""
        found: dict[str, Quant] = {}
        for owner in self.modes.tree.body if self.modes else []:
            if not (isinstance(owner, ast.ClassDef) and owner.name.endswith("QuantMode")):
                continue
            for node in owner.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.value.args) >= 2:
                    memory, compute = (_number(a) for a in node.value.args[:2])
                    target = node.targets[0]
                    if memory is not None and compute is not None and isinstance(target, ast.Name):
                        name = canonical(target.id)
                        found.setdefault(name, Quant(name, memory, compute, _type(node.value)))
        return found

    @functools.cached_property
    def source_tags(self) -> bool:
        """`PerformanceResult` takes `source=`."""
        source = self.parsed("performance_result.py")
        owner = attempt(find_class, source, "PerformanceResult")[0] if source else None
        if source is None or owner is None:
            return False
        new = attempt(find_method, source, owner, "__init__")[0]
        return new is not None and any(a.arg == "source" for a in (*new.args.args, *new.args.kwonlyargs))

    @functools.cached_property
    def test_folder(self) -> str | None:
        """Where a generated unit test goes."""
        tests = self.tree.places.tests
        folders = (f"{tests}/unit/sdk/database", f"{tests}/sdk/database")
        return next((folder for folder in folders if self.tree.is_dir(folder)), None)


def functions(source: PythonSource | None) -> set[str]:
    """Names of a file's top-level functions."""
    return {n.name for n in source.tree.body if isinstance(n, ast.FunctionDef)} if source else set()


def methods(owner: ast.ClassDef) -> set[str]:
    """Names of a class's methods."""
    return {n.name for n in owner.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}


def _number(node: ast.expr) -> float | None:
    """A number that is written as a literal or as a fraction of two (9 / 16)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left, right = _number(node.left), _number(node.right)
        return left / right if left is not None and right else None
    return None


def _type(mapping: ast.Call) -> str | None:
    """The fourth value of a mapping, where that is a text."""
    fourth = mapping.args[3] if len(mapping.args) > 3 else None
    return fourth.value if isinstance(fourth, ast.Constant) and isinstance(fourth.value, str) else None
