"""How fast a query's formula grows with one of its parameters."""

from __future__ import annotations

import ast

from .flow import called
from .sdk import Definition

DEEPEST = 40


def degree(definition: Definition, parameter: str) -> int:
    """The highest power of `parameter` in the FLOPs and bytes of `get_sol` inside a query: 1 for linear, 2 for
    quadratic. 0 when there is no such formula, or it does not depend on the parameter."""
    highest = 0
    for node in definition.nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "get_sol":
            own = {
                target.id: assign.value
                for assign in ast.walk(node)
                if isinstance(assign, ast.Assign)
                for target in assign.targets
                if isinstance(target, ast.Name)
            }
            # What the function around it has worked out, once, is known in it.
            around = {name: given[0] for name, given in definition.flow.values.items() if len(given) == 1}
            for value in own.values():
                highest = max(highest, _degree(value, parameter, {**around, **own}, 0))
    return highest


def _degree(node: ast.AST, parameter: str, values: dict[str, ast.expr], depth: int) -> int:
    if depth > DEEPEST:
        return 0

    def of(part: ast.AST) -> int:
        return _degree(part, parameter, values, depth + 1)

    if isinstance(node, ast.Name):
        if node.id == parameter:
            return 1
        value = values.get(node.id)
        return of(value) if value is not None and not _mentions(value, node.id) else 0
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Mult):
            return of(node.left) + of(node.right)
        if isinstance(node.op, (ast.Div, ast.FloorDiv)):
            return max(of(node.left) - of(node.right), 0)
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
            return of(node.left) * node.right.value
        return max(of(node.left), of(node.right))
    if isinstance(node, ast.UnaryOp):
        return of(node.operand)
    if isinstance(node, ast.IfExp):
        return max(of(node.body), of(node.orelse))
    if isinstance(node, ast.Call):
        degrees = [of(a) for a in node.args]
        if called(node) == "min":
            return min(degrees, default=0)
        return max(degrees, default=0) if called(node) in ("max", "int", "float", "ceil", "round") else 0
    if isinstance(node, (ast.Tuple, ast.List)):
        return max((of(e) for e in node.elts), default=0)
    return 0


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))
