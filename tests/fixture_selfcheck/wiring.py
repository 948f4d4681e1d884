"""How models list their ops: the form of every statement that does, and the op names in it."""

from __future__ import annotations

import ast
from typing import Any

from fixture_selfcheck.trees import SCOPE_NAMES, Checkout, bound_names, methods_of, parameters

PHASES = ("context_ops", "generation_ops")


def shape(node: ast.expr) -> str:
    """A list expression with everything dropped but its form, op classes and op names."""
    if isinstance(node, ast.List):
        return "[" + ", ".join(shape(item) for item in node.elts) + "]"
    if isinstance(node, ast.BinOp):
        return f"{shape(node.left)} + {shape(node.right)}"
    if isinstance(node, ast.IfExp):
        return f"({shape(node.body)} if .. else {shape(node.orelse)})"
    if isinstance(node, ast.Starred):
        return f"*{shape(node.value)}"
    if isinstance(node, ast.Call):
        name = (
            ast.unparse(node.args[0]) if node.args and isinstance(node.args[0], (ast.Constant, ast.JoinedStr)) else ""
        )
        inner = [
            f"{keyword.arg}={shape(keyword.value)}"
            for keyword in node.keywords
            if isinstance(keyword.value, (ast.List, ast.Call)) or keyword.arg in ("group_a", "group_b")
        ]
        return f"{ast.unparse(node.func)}({', '.join([name, *inner])})"
    return ast.unparse(node)


def statements(method: ast.FunctionDef) -> list[str]:
    """Every statement of a method that fills a phase, or a local list of ops that one is filled from."""
    found = []
    for node in ast.walk(method):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and ast.unparse(function.value).endswith(PHASES):
                arguments = ", ".join(shape(argument) for argument in node.value.args)
                found.append((node.lineno, f"{ast.unparse(function)}: {arguments}"))
        elif isinstance(node, ast.Assign):
            target = ast.unparse(node.targets[0])
            listed = isinstance(node.value, ast.List) and "ops." in ast.unparse(node.value) and target != "ops_list"
            if target.endswith(PHASES) or listed:
                found.append((node.lineno, f"{target} = {shape(node.value)}"))
    return [text for _, text in sorted(found)]


def model_anchors(tree: Checkout) -> dict[str, Any]:
    """By class: its bases and decorators, and by method the wiring and the names in scope."""
    modules = tree.modules("models")
    classes: dict[str, Any] = {}
    for path, module in modules.items():
        for cls in (node for node in module.body if isinstance(node, ast.ClassDef)):
            methods = {}
            for method in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
                if wiring := statements(method):
                    key = " ".join([method.name, *(ast.unparse(d) for d in method.decorator_list)])
                    scope = bound_names(method.body) & set(SCOPE_NAMES)
                    methods[key] = {"wiring": wiring, "scope": sorted(scope)}
            classes[cls.name] = {
                "where": path,
                "bases": [ast.unparse(base) for base in cls.bases],
                "decorators": [ast.unparse(decorator) for decorator in cls.decorator_list],
                "mtp": "self._mtp_scale_factor =" in ast.unparse(cls),
                "methods": methods,
            }
            if cls.name == "BaseModel":
                init = methods_of(cls)["__init__"]
                classes[cls.name]["parameters"] = parameters(init)
                classes[cls.name]["attributes"] = sorted(
                    ast.unparse(node.targets[0]) for node in init.body if isinstance(node, ast.Assign)
                )
    return classes
