"""The model classes of a tree: where they are, what they inherit, which attributes an instance has."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..checkout.python import PythonSource
from ..checkout.tree import Tree
from ..edits.python.find import Function, dotted
from ..problems import near_names
from .facts import WiringFacts


@dataclass(frozen=True)
class ModelClass:
    """A class of the model files, with the classes of those files that it inherits from, nearest first."""

    source: PythonSource
    node: ast.ClassDef
    bases: tuple[ModelClass, ...]

    @property
    def name(self) -> str:
        return self.node.name

    @functools.cached_property
    def methods(self) -> tuple[Function, ...]:
        """The functions of the class body, in order; a property and its setter are two of one name."""
        return tuple(n for n in self.node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))

    @property
    def attributes(self) -> dict[str, tuple[tuple[Function | None, int], ...]]:
        """Names that `self.<name>` finds, with the method and line of each own assignment (None: always there)."""
        return _attributes(self)

    @property
    def has_mtp(self) -> bool:
        return "_mtp_scale_factor" in self.attributes


@dataclass
class ModelIndex:
    """All model files of a tree, each parsed only when a class in it is asked for."""

    tree: Tree
    facts: WiringFacts

    @functools.cached_property
    def sources(self) -> list[PythonSource]:
        return [s for path in self.facts.model_files if (s := self.tree.python(path)) is not None]

    def names(self) -> list[str]:
        """Names of all classes, without parsing: what messages offer instead of a class that is not there."""
        found = (m[1].decode("ascii", "replace") for s in self.sources for m in _CLASS.finditer(s.data))
        return list(dict.fromkeys(found))

    def nearest(self, name: str) -> list[str]:
        return near_names(name, self.names())

    def find(self, name: str) -> ModelClass | None:
        return self._find(name, ())

    def _find(self, name: str, seen: tuple[str, ...]) -> ModelClass | None:
        if name in seen:
            return None
        for source in self.sources:
            if name.encode() not in source.data:
                continue
            for node in source.tree.body:
                if isinstance(node, ast.ClassDef) and node.name == name:
                    bases = (self._find(dotted(b).rpartition(".")[2], (*seen, name)) for b in node.bases)
                    return ModelClass(source, node, tuple(b for b in bases if b is not None))
        return None

    @functools.cached_property
    def config_fields(self) -> frozenset[str] | None:
        """Fields and methods of `ModelConfig`; None when its file is not where it is in every release."""
        node = self._sdk_class("config.py", "ModelConfig")
        return None if node is None else frozenset(_class_level(node))

    def enum_members(self, enum: str) -> frozenset[str] | None:
        """Members of an enum that `common.py` defines, or imports from a module of its package; None when there is no
        such class."""
        if enum not in self._enums:
            node = self._sdk_class("common.py", enum) or self._imported_class("common.py", enum)
            self._enums[enum] = None if node is None else frozenset(_class_level(node))
        return self._enums[enum]

    @functools.cached_property
    def _enums(self) -> dict[str, frozenset[str] | None]:
        return {}

    def _sdk_class(self, file: str, name: str) -> ast.ClassDef | None:
        source = self.tree.python(self._sdk(file))
        return None if source is None else _class_of(source, name)

    def _imported_class(self, file: str, name: str) -> ast.ClassDef | None:
        """The class that a file of the sdk has from another module: the imports say which, and the folder above the
        package of the sdk, where that is."""
        source = self.tree.python(self._sdk(file))
        for node in source.tree.body if source is not None else ():
            if isinstance(node, ast.ImportFrom) and node.module and any(a.name == name for a in node.names):
                package = self._sdk("").rstrip("/").rpartition("/")[0]
                inside = "/".join(node.module.split(".")[1:])
                origin = self.tree.python(f"{package}/{inside}.py" if package else f"{inside}.py")
                return None if origin is None else _class_of(origin, name)
        return None

    def _sdk(self, file: str) -> str:
        """A file of the sdk: next to `models.py`, or next to the `models` package."""
        first = self.facts.model_files[0]
        folder = re.sub(r"/?(models\.py|models/[^/]*)$", "", first)
        return f"{folder}/{file}" if folder else file


_CLASS = re.compile(rb"^class (\w+)", re.MULTILINE)


@functools.lru_cache(maxsize=64)
def _attributes(model: ModelClass) -> dict[str, tuple[tuple[Function | None, int], ...]]:
    found: dict[str, list[tuple[Function | None, int]]] = {}
    for base in reversed(model.bases):
        for name in base.attributes:
            found[name] = [(None, 0)]
    for name in _class_level(model.node):
        found.setdefault(name, []).append((None, 0))
    for method in model.methods:
        if not method.args.args or any(dotted(d) in ("staticmethod", "classmethod") for d in method.decorator_list):
            continue
        own = method.args.args[0].arg
        for target in _targets(method):
            if isinstance(target, ast.Attribute) and dotted(target.value) == own:
                found.setdefault(target.attr, []).append((method, target.lineno))
    return {name: tuple(places) for name, places in found.items()}


@functools.lru_cache(maxsize=64)
def module_names(source: PythonSource) -> frozenset[str]:
    """Names bound at the top level of a module, also under `if` and `try`."""
    names: set[str] = set()
    pending: list[ast.stmt] = list(source.tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(a.asname or a.name.partition(".")[0] for a in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            names.update(t.id for t in _assigned(node) if isinstance(t, ast.Name))
        for block in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                pending += getattr(node, block, [])
        if isinstance(node, ast.Try):
            pending += [s for handler in node.handlers for s in handler.body]
    return frozenset(names)


def _class_of(source: PythonSource, name: str) -> ast.ClassDef | None:
    return next((n for n in source.tree.body if isinstance(n, ast.ClassDef) and n.name == name), None)


def _class_level(node: ast.ClassDef) -> Iterator[str]:
    for child in node.body:
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child.name
        elif isinstance(child, (ast.Assign, ast.AnnAssign)):
            yield from (t.id for t in _assigned(child) if isinstance(t, ast.Name))


def _targets(method: Function) -> Iterator[ast.expr]:
    for node in ast.walk(method):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            yield from _assigned(node)


def _assigned(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Iterator[ast.expr]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
