"""Locating what an edit is placed at.

An anchor counts only where Python would find it: at the module's top level, or directly in the class or function that
is asked for. What stands under `if TYPE_CHECKING`, in a string, in a comment or in another class is something else.
Each function returns the one node or raises `CheckoutRefused` with the file, what was looked for, and the nearest name.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar, Union

from ...problems import CheckoutRefused, Place, Problem

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    from ...checkout.python import PythonSource

    P = ParamSpec("P")

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
Scope = Union[ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef]
T = TypeVar("T")
N = TypeVar("N", bound=ast.AST)


def attempt(find: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T | None, Problem | None]:
    """The result of a find function, or None and why there is none: what a probe wants to know.

    A file that can't be read or parsed is no answer to the probe's question: that refusal goes through.
    """
    try:
        return find(*args, **kwargs), None
    except CheckoutRefused as refusal:
        if not refusal.problems[0].code.startswith("anchor"):
            raise
        return None, refusal.problems[0]


def find_class(source: PythonSource, name: str) -> ast.ClassDef:
    """The top-level class `name`."""
    classes = [n for n in source.tree.body if isinstance(n, ast.ClassDef)]
    return _only(source, f"class {name}", name, [(c.name, c) for c in classes])


def find_function(source: PythonSource, name: str) -> Function:
    """The top-level function `name`."""
    return _only(source, f"function {name}", name, [(f.name, f) for f in _functions(source.tree)])


def find_method(source: PythonSource, owner: ast.ClassDef, name: str, *, decorator: str | None = None) -> Function:
    """The method `name` of a class; `decorator` ("property", "stack.setter") tells those of one name apart."""
    methods = [m for m in _functions(owner) if decorator is None or decorator in map(ast.unparse, m.decorator_list)]
    what = f"method {owner.name}.{name}" + (f" with @{decorator}" if decorator else "")
    return _only(source, what, name, [(m.name, m) for m in methods], owner)


def find_nested_function(source: PythonSource, owner: Function, name: str) -> Function:
    """The function `name` that is defined somewhere in the body of `owner` (not inside a further function)."""
    inner = [n for n in statements(owner) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return _only(source, f"function {name} in {owner.name}", name, [(f.name, f) for f in inner], owner)


def last_assign_in_class(source: PythonSource, owner: ast.ClassDef) -> ast.Assign:
    """The last `name = value` directly in the class body (the last member of an enum)."""
    assigns = [n for n in owner.body if isinstance(n, ast.Assign)]
    if not assigns:
        raise missing(source, f"an assignment in class {owner.name}", "", (), owner)
    return assigns[-1]


def find_assign(source: PythonSource, scope: Scope, target: str) -> ast.Assign | ast.AnnAssign:
    """The one assignment to `target` ("func_map", "self._data", "__all__") directly in the scope's body."""
    return _only(source, f"an assignment to {target}", target, _assigns(scope.body), scope)


def assigned_dict(source: PythonSource, scope: Scope, name: str) -> ast.Dict:
    """The dict literal that is assigned to `name` directly in the scope's body."""
    return _literal(source, find_assign(source, scope, name), ast.Dict, f"a dict literal as value of {name}")


def assigned_list(source: PythonSource, scope: Scope, name: str) -> ast.List:
    """The list literal that is assigned to `name` directly in the scope's body."""
    return _literal(source, find_assign(source, scope, name), ast.List, f"a list literal as value of {name}")


def calls_in_body(scope: Scope, function: str) -> list[ast.Expr]:
    """Statements directly in the scope's body that are nothing but a call of `function` ("self._correct_data")."""
    return [
        n
        for n in scope.body
        if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call) and dotted(n.value.func) == function
    ]


def find_call(source: PythonSource, scope: Scope, function: str, number: int, *, of: int) -> ast.Expr:
    """The `number`th (from 0) call statement of `function` directly in the body, which must have `of` of them."""
    calls = calls_in_body(scope, function)
    if len(calls) != of:
        bodies = [n.value.func for n in scope.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
        names = [name for name in map(dotted, bodies) if name]
        if not calls:
            raise missing(source, f"{of} calls of {function}()", function, names, scope)
        raise _count(source, f"call of {function}()", len(calls), of, calls[-1])
    return calls[number]


def walk_own(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes below `scope`, in source order, without what is inside nested functions, classes and lambdas."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from walk_own(child)


def statements(scope: ast.AST, *, nested: bool = False) -> Iterator[ast.stmt]:
    """All statements below `scope`, in source order; those inside nested functions and classes only with `nested`.
    They are a fraction of all nodes, so this is the quick way to what only a statement can be."""
    for block in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(scope, block, ()):
            if isinstance(child, ast.stmt):
                yield child
            if nested or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield from statements(child, nested=nested)


def dotted(node: ast.AST) -> str:
    """ "self.a.b" for such an expression, "" for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def missing(
    source: PythonSource, what: str, name: str, candidates: Iterable[str], scope: ast.AST | None = None
) -> CheckoutRefused:
    """The refusal for an anchor that is not there, with the nearest of `candidates`."""
    near = difflib.get_close_matches(name, list(dict.fromkeys(candidates)), n=1, cutoff=0.5)
    return CheckoutRefused(
        Problem(
            Place(source.path) if scope is None or isinstance(scope, ast.Module) else source.place(scope),
            f"{what} is not there",
            what,
            f"the nearest is {near[0]}" if near else "",
            "anchor-missing",
        )
    )


def _only(
    source: PythonSource, what: str, name: str, found: Sequence[tuple[str, N]], scope: ast.AST | None = None
) -> N:
    nodes = [node for candidate, node in found if candidate == name]
    if not nodes:
        raise missing(source, what, name, [candidate for candidate, _ in found], scope)
    if len(nodes) > 1:
        raise _count(source, what, len(nodes), 1, nodes[-1])
    return nodes[0]


def _count(source: PythonSource, what: str, found: int, expected: int, where: ast.AST) -> CheckoutRefused:
    return CheckoutRefused(
        Problem(source.place(where), f"{what} is there {found} times", f"{expected} of them", "", "anchor-ambiguous")
    )


def _literal(source: PythonSource, assign: ast.Assign | ast.AnnAssign, kind: type[N], what: str) -> N:
    if not isinstance(assign.value, kind):
        got = type(assign.value).__name__ if assign.value else "no value"
        raise CheckoutRefused(Problem(source.place(assign), f"{got} instead of a literal", what, "", "anchor-shape"))
    return assign.value


def _assigns(body: Iterable[ast.stmt]) -> list[tuple[str, ast.Assign | ast.AnnAssign]]:
    out: list[tuple[str, ast.Assign | ast.AnnAssign]] = []
    for node in body:
        if isinstance(node, ast.Assign):
            out += [(dotted(target), node) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            out.append((dotted(node.target), node))
    return out


def _functions(scope: Scope) -> list[Function]:
    return [n for n in scope.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
