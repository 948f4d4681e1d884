"""What one row of a perf file becomes in a loader: the loop's statements read in order, up to where it is stored.

Only what a spec can say is followed: columns, conversions, arithmetic of whole numbers, choices between them. Anything
else is a value that can't be read; the columns that it comes from are kept, so that a person can be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...doctor.flow import called, keyed, text_key
from ...doctor.loaders import Loader, Store
from ...doctor.nests import Chain
from ...spec.model import QUANT_TYPES

_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_CONVERSIONS = {"int": "int", "float": "real", "str": "str"}


@dataclass(frozen=True)
class Value:
    """`text` is an expression over columns as a spec has it, "" when it can't be read; `kind` is int, real, str, or the
    quant enum that it is a member of; `default` stands in where the file has no such column; `parts` are of a tuple,
    and `fields` of a dict."""

    text: str = ""
    columns: tuple[str, ...] = ()
    kind: str = ""
    default: str | int | None = None
    parts: tuple[Value, ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()

    @property
    def single(self) -> bool:
        """Whether it is one column as it is."""
        return self.columns == (self.text,)


@dataclass(frozen=True)
class Filed:
    """A row where it is stored: the `keys` of the nested dicts from the outermost on, how they are `written`, the
    `leaf`, and conditions under which rows are `skipped`."""

    written: tuple[str, ...]
    keys: tuple[Value, ...]
    leaf: Value
    skipped: tuple[str, ...]


def filed(loader: Loader, store: Store, chain: Chain) -> Filed | None:
    """What a store files a row as, at one of its chains. None where that is not to be seen: it isn't a statement of the
    row loop, or goes down levels in a loop over what can't be read.

    A loop over a tuple (`for key in path[:-1]: inner = inner.setdefault(key, {})`) goes down a level for each part."""
    reader = _Reader(loader, store.node)
    if not reader.run(loader.loop.body):
        return None
    values = [reader.value(key) for key in chain.keys]
    written = [ast.unparse(key) if isinstance(key, ast.Name) else v.text or ast.unparse(key)
               for key, v in zip(chain.keys, values)]  # fmt: skip
    if chain.walked:
        base = store.target.value if isinstance(store.target, ast.Subscript) else None
        passed = reader.walked.get(base.id) if isinstance(base, ast.Name) else None
        if passed is None or len(chain.keys) != 1:
            return None
        values = [*passed, *values]
        written = [*(v.text or ", ".join(v.columns) for v in passed), *written]
    return Filed(tuple(written), tuple(values), reader.value(store.value), tuple(reader.skipped))


class _Reader:
    def __init__(self, loader: Loader, target: ast.stmt) -> None:
        self.loader = loader
        self.target = target
        self.names: dict[str, Value] = {}
        self.skipped: list[str] = []
        self.walked: dict[str, tuple[Value, ...]] = {}
        """By names of dicts that a loop takes down its levels: the keys that it passes."""

    def run(self, statements: Iterable[ast.stmt]) -> bool:
        """Go through statements; True once the target is reached."""
        return any(self._reached(statement) for statement in statements)

    def _reached(self, statement: ast.stmt) -> bool:
        if statement is self.target:
            return True
        if isinstance(statement, ast.Assign):
            value = self.value(statement.value)
            for target in statement.targets:
                self._assign(target, value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self._assign(statement.target, self.value(statement.value))
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            operation = ast.BinOp(ast.Name(statement.target.id, ast.Load()), statement.op, statement.value)
            self.names[statement.target.id] = self.value(operation)
        elif isinstance(statement, (ast.If, ast.Try, ast.For, ast.With, ast.While)):
            return self._block(statement)
        return False

    def _block(self, statement: ast.If | ast.Try | ast.For | ast.With | ast.While) -> bool:
        blocks = [statement.body, *(getattr(statement, name, []) for name in ("orelse", "finalbody"))]
        blocks += [handler.body for handler in getattr(statement, "handlers", ())]
        if any(part is self.target for part in ast.walk(statement)):
            if isinstance(statement, ast.Try) and not _holds(statement.body, self.target):
                self.run(statement.body)  # what a handler sees: all of it, or a part
            return self.run(next(block for block in blocks if _holds(block, self.target)))
        if isinstance(statement, ast.If) and _leaves(statement.body) and not statement.orelse:
            value = self.value(statement.test)
            if value.columns and not self._repeats(statement.test):
                self.skipped.append(ast.unparse(statement.test))
            return False
        if isinstance(statement, ast.For) and isinstance(statement.target, ast.Name):
            parts = self.value(statement.iter).parts
            if parts:
                for name in _taken_down(statement, statement.target.id):
                    self.walked[name] = parts
        before = dict(self.names)
        ends = [] if not isinstance(statement, ast.If) or statement.orelse else [before]
        for block in blocks:
            if block and not _leaves(block):
                self.names = dict(before)
                self.run(block)
                ends.append(self.names)
        self.names = _merged(ends or [before], self._asks_for_column(statement))
        return False

    def _repeats(self, test: ast.expr) -> bool:
        """Whether a condition looks for a row's key in what has been filed: `key in seen`."""
        if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.In, ast.NotIn))):
            return False
        holder = test.comparators[0]
        return isinstance(holder, (ast.Name, ast.Subscript)) and not self.value(holder).columns

    def _asks_for_column(self, statement: ast.stmt) -> bool:
        """Whether it goes one way where the file has a column, and another where it hasn't."""
        if isinstance(statement, ast.Try):
            return any(
                handler.type is not None and "KeyError" in ast.unparse(handler.type) for handler in statement.handlers
            )
        test = statement.test if isinstance(statement, ast.If) else None
        return (
            isinstance(test, ast.Compare)
            and isinstance(test.ops[0], (ast.In, ast.NotIn))
            and isinstance(test.left, ast.Constant)
            and ast.unparse(test.comparators[0]) in (self.loader.row, f"{self.loader.row}.keys()")
        )

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            fit = len(value.parts) == len(target.elts)
            for one, part in zip(target.elts, value.parts if fit else [_unread(value)] * len(target.elts)):
                self._assign(one, part)

    def value(self, node: ast.expr) -> Value:
        """What an expression is here."""
        column = text_key(node)
        base = keyed(node)
        if column is not None and isinstance(base, ast.Name) and base.id == self.loader.row:
            return Value(column, (column,), "str", _default(node))
        if isinstance(node, ast.Name):
            return self.names.get(node.id, Value())
        if isinstance(node, ast.Constant):
            plain = isinstance(node.value, int) and not isinstance(node.value, bool)
            return Value(str(node.value), (), "int") if plain else Value()
        if isinstance(node, ast.Tuple):
            parts = tuple(map(self.value, node.elts))
            return Value("", _columns(parts), parts=parts)
        if isinstance(node, ast.Dict):
            fields = tuple(
                (key.value, self.value(value))
                for key, value in zip(node.keys, node.values)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            )
            return Value("", _columns(v for _, v in fields), fields=fields)
        if isinstance(node, ast.Call) and called(node) in _CONVERSIONS and len(node.args) == 1:
            return self._converted(self.value(node.args[0]), _CONVERSIONS[called(node)])
        if isinstance(node, ast.Subscript) and (parts := self.value(node.value).parts):
            return _part(node.slice, parts)
        if isinstance(node, ast.Subscript) and (enum := _enum(node.value)):
            inner = self.value(node.slice)
            return replace(inner, kind=enum) if inner.single else _unread(inner, enum)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return self._joined((node.left, node.right), _ARITHMETIC[type(node.op)])
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARED:
            return self._joined((node.left, node.comparators[0]), _COMPARED[type(node.ops[0])])
        if isinstance(node, ast.IfExp):
            parts = tuple(map(self.value, (node.body, node.test, node.orelse)))
            if all(part.text for part in parts) and parts[0].kind == parts[2].kind == "int":
                text = f"{parts[0].text} if {parts[1].text} else {parts[2].text}"
                return Value(text, _columns(parts), "int")
            return Value("", _columns(parts), _one(part.kind for part in (parts[0], parts[2])))
        return Value("", _columns(self.value(child) for child in _children(node)))

    def _converted(self, value: Value, kind: str) -> Value:
        if kind == "int" and value.kind == "real" and not value.single:
            return _unread(value, "int")
        default = value.default
        if kind == "int" and isinstance(default, str):
            default = int(default) if default.lstrip("-").isdigit() else None
        return replace(value, kind=kind, default=default)

    def _joined(self, nodes: tuple[ast.expr, ast.expr], operator: str) -> Value:
        values = tuple(map(self.value, nodes))
        kinds = {value.kind for value in values}
        # A default for a part of an expression is nothing that a spec can say.
        if not all(v.text and v.default is None for v in values) or not kinds <= {"int", "real"}:
            return Value("", _columns(values), "int" if kinds == {"int"} else "")
        left, right = (v.text if len(v.text.split()) == 1 else f"({v.text})" for v in values)
        return Value(f"{left} {operator} {right}", _columns(values), "real" if "real" in kinds else "int")


def _taken_down(loop: ast.For, key: str) -> list[str]:
    """Names that each turn of a loop gives what they have at its `key`."""
    names = []
    for statement in loop.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name, value = statement.targets[0].id, statement.value
            below = keyed(value)
            at = value.slice if isinstance(value, ast.Subscript) else None
            if isinstance(value, ast.Call) and value.args and called(value) in ("get", "setdefault"):
                at = value.args[0]
            if isinstance(below, ast.Name) and below.id == name and isinstance(at, ast.Name) and at.id == key:
                names.append(name)
    return names


def _part(index: ast.expr, parts: tuple[Value, ...]) -> Value:
    """`parts[-1]`, `parts[:-1]`: one of a tuple's values, or a tuple of some of them."""
    if isinstance(index, ast.Slice):
        low, high, step = (None if e is None else _number(e) for e in (index.lower, index.upper, index.step))
        unread = any(e is not None and _number(e) is None for e in (index.lower, index.upper, index.step))
        some = () if unread else parts[low:high:step]
        return Value("", _columns(some or parts), parts=some)
    at = _number(index)
    return parts[at] if at is not None and -len(parts) <= at < len(parts) else Value("", _columns(parts))


def _number(node: ast.expr) -> int | None:
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    if not (isinstance(inner, ast.Constant) and type(inner.value) is int):
        return None
    return -inner.value if negative else inner.value


def _enum(node: ast.expr) -> str:
    """The quant enum that is looked into."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name if name in QUANT_TYPES else ""


def _default(node: ast.expr) -> str | int | None:
    given = node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None
    value = given.value if isinstance(given, ast.Constant) else None
    return value if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None


def _merged(ends: Sequence[dict[str, Value]], by_column: bool) -> dict[str, Value]:
    """What names are after one of several ways through: what they are on all of them, or unread. A number that stands
    in for a column that isn't there (`by_column`) is its default."""
    merged = {}
    for name in dict.fromkeys(name for end in ends for name in end):
        values = [end.get(name, Value()) for end in ends]
        columns = [value for value in values if value.single]
        numbers = [value for value in values if value.kind == "int" and not value.columns]
        if all(value == values[0] for value in values):
            merged[name] = values[0]
        elif by_column and len(values) == 2 and columns and numbers:
            merged[name] = replace(columns[0], default=int(numbers[0].text))
        else:
            merged[name] = Value("", _columns(values), _one(v.kind for v in values))
    return merged


def _unread(value: Value, kind: str = "") -> Value:
    return Value("", value.columns, kind or value.kind)


def _one(kinds: Iterable[str]) -> str:
    """The kind that all have, or ""."""
    found = set(kinds)
    return found.pop() if len(found) == 1 else ""


def _columns(values: Iterable[Value]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for value in values for column in value.columns))


def _children(node: ast.expr) -> list[ast.expr]:
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _holds(block: Iterable[ast.stmt], target: ast.stmt) -> bool:
    return any(part is target for statement in block for part in ast.walk(statement))


def _leaves(block: Sequence[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], (ast.Continue, ast.Raise, ast.Return, ast.Break))
