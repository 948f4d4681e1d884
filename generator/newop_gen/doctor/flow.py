"""What a name stands for inside one function.

A function is read as a set of assignments without order: every expression that a name is given anywhere in it,
nested functions included. That is coarse, and errs to one side: an expression can come from more than it does, never
from less.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..edits.python.find import Function


class Flow:
    """The assignments of a function: `values` by name, `loops` (what a `for` target runs over) by name, `params`."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.values: dict[str, list[ast.expr]] = {}
        self.loops: dict[str, list[ast.expr]] = {}
        self.params: set[str] = set()
        for node in ast.walk(function):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                self.params |= {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
                self._assign(node.target, node.value)
            elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
                for name in _names(node.target):
                    self.loops.setdefault(name, []).append(node.iter)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.values.setdefault(target.id, []).append(value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else ()
            if len(parts) == len(target.elts):
                for one, part in zip(target.elts, parts):
                    self._assign(one, part)
            else:
                for one in target.elts:
                    self._assign(one, value)

    def given(self, name: str) -> list[ast.expr]:
        """What the name is assigned, or runs over."""
        return [*self.values.get(name, ()), *self.loops.get(name, ())]

    def sole(self, node: ast.expr) -> ast.expr:
        """The expression behind a name that is assigned once (followed as far as it goes), else the node itself."""
        seen: set[str] = set()
        while isinstance(node, ast.Name) and node.id not in seen and node.id not in self.loops:
            seen.add(node.id)
            values = self.values.get(node.id, ())
            if len(values) != 1:
                break
            node = values[0]
        return node

    def origins(self, node: ast.AST) -> Iterator[ast.AST]:
        """Every node that the value of `node` can come from: the expression's own, and those of names in it."""
        seen: set[str] = set()
        open_nodes = [node]
        while open_nodes:
            for part in ast.walk(open_nodes.pop()):
                yield part
                if isinstance(part, ast.Name) and part.id not in seen:
                    seen.add(part.id)
                    open_nodes.extend(self.given(part.id))

    def parameters(self, node: ast.AST) -> set[str]:
        """The function's parameters (and those of functions inside it) that the value can come from."""
        return {n.id for n in self.origins(node) if isinstance(n, ast.Name) and n.id in self.params}


def _names(target: ast.AST) -> Iterator[str]:
    return (n.id for n in ast.walk(target) if isinstance(n, ast.Name))


def same(left: ast.AST, right: ast.AST) -> bool:
    """Whether two expressions are written alike (whether they load or store does not matter)."""
    return ast.unparse(left) == ast.unparse(right)


def text_key(node: ast.AST) -> str | None:
    """The key of `x["key"]`, `x.get("key", ...)` or `x.pop("key", ...)`; None for anything else."""
    if isinstance(node, ast.Subscript):
        key: ast.AST = node.slice
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "pop")
        and node.args
    ):
        key = node.args[0]
    else:
        return None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def keyed(node: ast.AST) -> ast.expr | None:
    """What `text_key` looks into: `x` of `x["key"]`."""
    if isinstance(node, ast.Subscript):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.value
    return None


def called(node: ast.AST) -> str:
    """The last part of a called name: "f" of `f()`, `self.f()` and `module.f()`; "" for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""
