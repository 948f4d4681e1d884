"""Which worker upstream's AFD partitioner gives an op to, asked of its own source.

`afd_partition.py` sorts ops into attention and FFN workers by parts of their names, and refuses a whole model for one
name that it can't sort. Its rules are boolean expressions over the name; they are read and evaluated here, never run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from ...checkout.python import PythonSource
from ...model.op import Op

# In the order in which upstream asks, with what the answer means.
RULES = (
    ("_is_skipped_model_internal_op", "left out of both workers, as communication is"),
    ("_is_boundary_op", "sorted as a boundary op"),
    ("_is_attention_side_op", "sorted to the attention worker"),
    ("_is_ffn_side_op", "sorted to the FFN worker"),
)
REFUSING = "_unclassifiable_layer_family"
MAX_NAME = 64  # of an op in a wiring
WORKING = (("{phase}_attention_{op}", "attention"), ("{phase}_{op}_ffn", "FFN"))


class _Unreadable(Exception):
    """The partitioner says something that is not understood here."""


@dataclass(frozen=True)
class Partitioner:
    """The rules of one tree's `afd_partition.py`."""

    functions: Mapping[str, ast.FunctionDef]
    constants: Mapping[str, ast.expr]

    @classmethod
    def read(cls, source: PythonSource) -> Partitioner:
        functions = {n.name: n for n in source.tree.body if isinstance(n, ast.FunctionDef)}
        assigns = [n for n in source.tree.body if isinstance(n, ast.Assign)]
        constants = {t.id: n.value for n in assigns for t in n.targets if isinstance(t, ast.Name)}
        return cls(functions, constants)

    def side(self, name: str) -> str | None:
        """What happens to an op called `name`; None when the model would be refused.

        Raises `ValueError` when the rules can't be read.
        """
        try:
            return self._side(name.lower())
        except _Unreadable as error:
            raise ValueError(str(error)) from None

    def refuses_family(self, name: str) -> bool:
        """Whether the partitioner refuses, on purpose, the family of layers that an op called `name` is of."""
        try:
            return REFUSING in self.functions and self._holds(REFUSING, name.lower())
        except _Unreadable:
            return False

    def _side(self, name: str) -> str | None:
        skipped, *others = RULES
        if self._holds(skipped[0], name):
            return skipped[1]
        if REFUSING in self.functions and self._holds(REFUSING, name):
            return None
        return next((meaning for rule, meaning in others if self._holds(rule, name)), None)

    def _holds(self, rule: str, name: str) -> bool:
        """Whether a rule says yes: its first `if` that holds and returns something, else its last return."""
        function = self.functions.get(rule)
        if function is None:
            raise _Unreadable(f"no function {rule}")
        for statement in function.body:
            if isinstance(statement, ast.If):
                if not statement.orelse and self._type_test(statement.test):
                    continue  # about other classes than the generated ones
                if self._value(statement.test, {"name": name}):
                    return _returns_truth(statement.body)
            elif isinstance(statement, ast.Return):
                return bool(statement.value is not None and self._value(statement.value, {"name": name}))
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                raise _Unreadable(f"a {type(statement).__name__} in {rule}")
        return False

    @staticmethod
    def _type_test(test: ast.expr) -> bool:
        return isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "isinstance"

    def _value(self, node: ast.expr, names: Mapping[str, str]) -> object:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            if node.id in names:
                return names[node.id]
            if node.id in self.constants:
                return self._value(self.constants[node.id], names)
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return [self._value(e, names) for e in node.elts]
        if isinstance(node, ast.BoolOp):
            values = (bool(self._value(v, names)) for v in node.values)
            return any(values) if isinstance(node.op, ast.Or) else all(values)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self._value(node.operand, names)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = self._value(node.left, names), self._value(node.comparators[0], names)
            if isinstance(node.ops[0], (ast.In, ast.NotIn)) and isinstance(right, (str, list)):
                return (str(left) in right) == isinstance(node.ops[0], ast.In)
            if isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
                return (left == right) == isinstance(node.ops[0], ast.Eq)
        if isinstance(node, ast.Call):
            return self._call(node, names)
        raise _Unreadable(f"{ast.unparse(node)} (line {node.lineno})")

    def _call(self, node: ast.Call, names: Mapping[str, str]) -> object:
        function = node.func
        if (
            isinstance(function, ast.Name)
            and function.id in ("any", "all")
            and isinstance(node.args[0], ast.GeneratorExp)
        ):
            each = node.args[0].generators[0]
            listed = self._value(each.iter, names)
            if isinstance(each.target, ast.Name) and isinstance(listed, list) and not each.ifs:
                found = [bool(self._value(node.args[0].elt, {**names, each.target.id: str(v)})) for v in listed]
                return any(found) if function.id == "any" else all(found)
        if isinstance(function, ast.Attribute) and function.attr in ("startswith", "endswith") and len(node.args) == 1:
            text, part = self._value(function.value, names), self._value(node.args[0], names)
            if isinstance(text, str) and isinstance(part, (str, list)):
                parts = tuple(map(str, part)) if isinstance(part, list) else part
                return text.startswith(parts) if function.attr == "startswith" else text.endswith(parts)
        raise _Unreadable(f"{ast.unparse(node)} (line {node.lineno})")


def _returns_truth(body: list[ast.stmt]) -> bool:
    last = body[-1]
    if not isinstance(last, ast.Return):
        raise _Unreadable(f"a branch without return (line {last.lineno})")
    return not (last.value is None or (isinstance(last.value, ast.Constant) and not last.value.value))


def afd_notes(op: Op, source: PythonSource) -> list[str]:
    """What AFD partitioning makes of the op, per name that the spec's wiring gives it.

    Names that can't be sorted come with names that can, checked against the same rules.
    """
    partitioner = Partitioner.read(source)
    notes = []
    for name, phase in dict.fromkeys((op.instance_name(w), w.phase) for w in op.spec.wiring):
        try:
            side = partitioner.side(name)
            if side is not None:
                notes.append(f"AFD: op {name!r} is {side}.")
                continue
            working = []
            for pattern, worker in WORKING:
                other = pattern.format(phase=phase, op=op.name)
                if len(other) <= MAX_NAME and partitioner.side(other) == f"sorted to the {worker} worker":
                    working.append(f"{other!r} ({worker} worker)")
        except ValueError as error:
            return [f"AFD: what {source.path} does with the op could not be read: {error}."]
        hint = (
            f"give the wiring a `name` that works: {' or '.join(working)}"
            if working
            else "no name was found that works"
        )
        notes.append(f"AFD: {source.path} can't sort op {name!r}, and refuses a model that has it; {hint}.")
    return notes
