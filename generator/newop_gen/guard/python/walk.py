"""A walk over the trees of inserted code that accepts what is listed and nothing else."""

from __future__ import annotations

import ast
import builtins
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..allowed import Allowed
from ..found import Found
from ..vocabulary import Vocabulary, number
from .copied import Copied, NothingCopied

_TEXT = re.compile(r"[ -~\n\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]*")
_BUILTINS = frozenset(dir(builtins))
_MODULE_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_SHOWN = 60


@dataclass
class Walk:
    """One walk over one fragment; `findings` are the nodes that nothing allowed."""

    words: Vocabulary
    allowed: Allowed
    copied: Copied = field(default_factory=NothingCopied)
    findings: list[Found] = field(default_factory=list)
    _line: int = 0

    def over(self, nodes: Iterable[ast.AST]) -> list[Found]:
        """Visit the nodes and everything below them."""
        for node in nodes:
            self._visit(node)
        return self.findings

    def _visit(self, node: ast.AST, text: bool = False, data: bool = False) -> None:
        """`text`: strings here are for humans. `data`: strings and numbers here are values of a table."""
        self._line = getattr(node, "lineno", self._line)
        name = type(node).__name__
        visit = _VISITS.get(name)
        if visit is None or (name not in self.words.nodes and name not in _EVERYWHERE):
            if not (isinstance(node, ast.expr) and self.copied.whole(node)):
                self._refuse(f"a node {name}")
            return
        visit(self, node, text, data)

    def _refuse(self, what: str) -> None:
        self.findings.append(Found(self._line, what))

    def _all(self, node: Any, text: bool, data: bool) -> None:
        for child in ast.iter_child_nodes(node):
            self._visit(child, text, data)

    # values

    def _constant(self, node: Any, text: bool, data: bool) -> None:
        value = node.value
        if value is None or value is True or value is False:
            return
        if isinstance(value, str):
            self._string(value, text or data)
        elif not isinstance(value, (int, float)) or not math.isfinite(value):
            self._refuse(f"the literal {_shown(value)}")
        elif not data and not self._known_number(value):
            self._refuse(f"the number {_shown(value)}")

    def _known_number(self, value: float) -> bool:
        if self.words.sizes and isinstance(value, int):
            return True
        one = number(value)
        return one in self.words.numbers or one in self.allowed.numbers or self.copied.word(str(value))

    def _string(self, value: str, free: bool) -> None:
        if not _TEXT.fullmatch(value) or ">>>" in value:  # doctest runs what follows a prompt
            self._refuse(f"the text {_shown(value)}")
        elif not (free or value in self.words.strings or value in self.allowed.strings or self.copied.string(value)):
            self._refuse(f"the string {_shown(value)}")

    def _joinedstr(self, node: Any, text: bool, data: bool) -> None:
        for part in node.values:
            if isinstance(part, ast.Constant):
                self._string(str(part.value), text)
            elif part.format_spec is not None or part.conversion not in (-1, ord("r")):
                self._refuse("a format in an f-string")
            else:
                for inner in ast.walk(part.value):
                    # `', '.join(...)` is the one string that an expression in an f-string has; another could have
                    # quotes that make the end of the f-string a matter of Python's version.
                    if isinstance(inner, (ast.Constant, ast.JoinedStr)) and getattr(inner, "value", None) != ", ":
                        self._refuse("a literal in an f-string")
                self._visit(part.value)

    def _name(self, node: Any, text: bool, data: bool) -> None:
        name = node.id
        known = self._binds(name)
        if isinstance(node.ctx, ast.Load):
            if not (known or name in self.words.globals or self._wired(node) or self._copied(name)):
                self._refuse(f"the name {name}")
        elif not isinstance(node.ctx, ast.Store) or not known or name in _BUILTINS:
            self._refuse(f"the name {name}, assigned to")

    def _binds(self, name: str) -> bool:
        """Whether the step or the op's formulas and arguments have the name for a local."""
        return name in self.words.locals or self.allowed.binds(name, self.words.heads)

    def _attribute(self, node: Any, text: bool, data: bool) -> None:
        attribute = node.attr
        if isinstance(node.ctx, ast.Store):
            if dotted(node) not in self.words.targets:
                self._refuse(f"the attribute {attribute}, assigned to")
        elif _dunder(attribute):
            if dotted(node) not in self.words.exact:
                self._refuse(f"the attribute {attribute}")
        elif not isinstance(node.ctx, ast.Load):
            self._refuse(f"the attribute {attribute}, deleted")
        elif attribute in self.words.attributes or attribute in self.allowed.modes or self._copied(attribute):
            self._visit(node.value)
        elif not self._wired(node):
            self._refuse(f"the attribute {attribute}")

    def _wired(self, node: ast.expr) -> bool:
        name = dotted(node)
        return self.words.wired and name in self.allowed.wired and "__" not in name

    def _copied(self, name: str) -> bool:
        return not _dunder(name) and self.copied.word(name)

    def _subscript(self, node: Any, text: bool, data: bool) -> None:
        if not isinstance(node.ctx, ast.Load) and f"{dotted(node.value)}[]" not in self.words.targets:
            self._refuse(f"an item of {dotted(node.value) or 'something'}, assigned to")
        self._visit(node.value)
        self._visit(node.slice)

    def _call(self, node: Any, text: bool, data: bool) -> None:
        target = dotted(node.func)
        calls = target in self.words.calls
        if target in _ONLY_EXACT or not calls:
            code = ast.unparse(node)
            if code in self.words.exact:
                return
            if target in _ONLY_EXACT:
                self._refuse(f"the call {_shown(code)}")
                return
        if not calls:
            if not isinstance(node.func, ast.Attribute) or f"*.{node.func.attr}" not in self.words.calls:
                if not self.copied.whole(node):
                    self._refuse(f"a call of {target or 'something that is no name'}")
                return
            self._visit(node.func.value)
        text = target in self.words.messages
        for argument in node.args:
            self._visit(argument, text, data)
        for one in node.keywords:
            self._visit(one, text, data)

    def _keyword(self, node: Any, text: bool, data: bool) -> None:
        if node.arg is None:
            if not isinstance(node.value, ast.Name):
                self._refuse("unpacked arguments")
        elif node.arg not in self.words.keywords and node.arg not in self.allowed.params:
            self._refuse(f"the argument {node.arg}")
        self._visit(node.value, text or node.arg == "error_msg", data)

    def _dict(self, node: Any, text: bool, data: bool) -> None:
        for key in node.keys:
            if key is not None:
                self._visit(key, False, data)
        for value in node.values:
            self._visit(value, text, data)

    def _binop(self, node: Any, text: bool, data: bool) -> None:
        if not isinstance(node.op, _OPERATORS):
            self._refuse(f"the operator {type(node.op).__name__}")
        self._visit(node.left)
        self._visit(node.right)

    def _unaryop(self, node: Any, text: bool, data: bool) -> None:
        if not isinstance(node.op, (ast.Not, ast.USub)):
            self._refuse(f"the operator {type(node.op).__name__}")
        self._visit(node.operand, text, data)

    def _boolop(self, node: Any, text: bool, data: bool) -> None:
        for value in node.values:
            self._visit(value)

    def _compare(self, node: Any, text: bool, data: bool) -> None:
        for value in (node.left, *node.comparators):
            self._visit(value)

    def _sequence(self, node: Any, text: bool, data: bool) -> None:
        if isinstance(getattr(node, "ctx", None), ast.Del):
            self._refuse("del")
        for element in node.elts:
            self._visit(element, text, data)

    def _plain(self, node: Any, text: bool, data: bool) -> None:
        """A node that is fine where its parts are."""
        self._all(node, False, False)

    def _starred(self, node: Any, text: bool, data: bool) -> None:
        self._visit(node.value)

    def _lambda(self, node: Any, text: bool, data: bool) -> None:
        self._arguments(node.args)
        self._visit(node.body)

    def _comprehension(self, node: Any, text: bool, data: bool) -> None:
        if node.is_async:
            self._refuse("async")
        self._all(node, False, False)

    # statements

    def _expr(self, node: Any, text: bool, data: bool) -> None:
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            self._string(value.value, True)
        elif isinstance(value, ast.Call):
            self._visit(value)
        else:
            self._refuse("an expression that stands as a statement")

    def _assign(self, node: Any, text: bool, data: bool) -> None:
        for target in node.targets:
            self._visit(target)
        first = node.targets[0]
        constant = isinstance(first, ast.Name) and _MODULE_CONSTANT.fullmatch(first.id) is not None
        self._visit(node.value, False, self.words.data and constant)

    def _annassign(self, node: Any, text: bool, data: bool) -> None:
        self._visit(node.target)
        self._annotation(node.annotation)
        if node.value is not None:
            self._visit(node.value)

    def _augassign(self, node: Any, text: bool, data: bool) -> None:
        if not isinstance(node.op, _OPERATORS):
            self._refuse(f"the operator {type(node.op).__name__}")
        self._visit(node.target)
        self._visit(node.value)

    def _raise(self, node: Any, text: bool, data: bool) -> None:
        for child in (node.exc, node.cause):
            if child is not None:
                self._visit(child)

    def _excepthandler(self, node: Any, text: bool, data: bool) -> None:
        if node.name is not None and (node.name not in self.words.locals or node.name in _BUILTINS):
            self._refuse(f"the name {node.name}, assigned to")
        self._all(node, False, False)

    def _import(self, node: Any, text: bool, data: bool) -> None:
        code = ast.unparse(node)
        if code not in self.words.imports:
            self._refuse(_shown(code))

    def _functiondef(self, node: Any, text: bool, data: bool) -> None:
        if node.name not in self.words.definitions:
            self._refuse(f"a function {node.name}")
        if getattr(node, "type_params", ()):
            self._refuse("type parameters")
        for decorator in node.decorator_list:
            self._visit(decorator)
        self._arguments(node.args)
        if node.returns is not None:
            self._annotation(node.returns)
        for statement in node.body:
            self._visit(statement)

    def _classdef(self, node: Any, text: bool, data: bool) -> None:
        if node.name not in self.words.classes:
            self._refuse(f"a class {node.name}")
        if node.keywords or node.decorator_list or getattr(node, "type_params", ()):
            self._refuse("a class with more than bases")
        for child in (*node.bases, *node.body):
            self._visit(child)

    def _arguments(self, node: ast.arguments) -> None:
        several = (*node.posonlyargs, *node.args, *node.kwonlyargs, *filter(None, (node.vararg, node.kwarg)))
        for one in several:
            if one.arg in _BUILTINS or not self._binds(one.arg):
                self._refuse(f"the argument {one.arg}")
            if one.annotation is not None:
                self._annotation(one.annotation)
        for default in (*node.defaults, *node.kw_defaults):
            if default is not None:
                self._visit(default)

    def _annotation(self, node: ast.AST) -> None:
        """An annotation: as any expression, but `|` joins types."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            self._annotation(node.left)
            self._annotation(node.right)
        else:
            self._visit(node)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an attribute of a name; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(parts)))


def _dunder(name: str) -> bool:
    return name.startswith("__")


def _shown(value: object) -> str:
    text = ascii(value) if not isinstance(value, str) else ascii(value)[1:-1]
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


# What can reach a file, an attribute by its name, or code: never by being listed among `calls`.
_ONLY_EXACT = frozenset(
    {
        "open",
        "getattr",
        "setattr",
        "delattr",
        "hasattr",
        "vars",
        "globals",
        "locals",
        "eval",
        "exec",
        "compile",
        "input",
    }
    | {"__import__", "breakpoint", "type", "super", "print", "memoryview"}
)

_EVERYWHERE = frozenset({"Constant", "Name", "Attribute", "Call", "keyword", "Tuple", "Load", "Store"})

_Visit = Callable[[Walk, Any, bool, bool], None]
_VISITS: dict[str, _Visit] = {
    "AnnAssign": Walk._annassign,
    "Assert": Walk._plain,
    "Assign": Walk._assign,
    "Attribute": Walk._attribute,
    "AugAssign": Walk._augassign,
    "BinOp": Walk._binop,
    "BoolOp": Walk._boolop,
    "Call": Walk._call,
    "ClassDef": Walk._classdef,
    "Compare": Walk._compare,
    "Constant": Walk._constant,
    "Continue": Walk._plain,
    "Dict": Walk._dict,
    "DictComp": Walk._plain,
    "ExceptHandler": Walk._excepthandler,
    "Expr": Walk._expr,
    "For": Walk._plain,
    "FunctionDef": Walk._functiondef,
    "GeneratorExp": Walk._plain,
    "If": Walk._plain,
    "IfExp": Walk._plain,
    "Import": Walk._import,
    "ImportFrom": Walk._import,
    "JoinedStr": Walk._joinedstr,
    "Lambda": Walk._lambda,
    "List": Walk._sequence,
    "ListComp": Walk._plain,
    "Load": Walk._plain,
    "Name": Walk._name,
    "Raise": Walk._raise,
    "Return": Walk._plain,
    "Set": Walk._sequence,
    "SetComp": Walk._plain,
    "Slice": Walk._plain,
    "Starred": Walk._starred,
    "Store": Walk._plain,
    "Subscript": Walk._subscript,
    "Try": Walk._plain,
    "Tuple": Walk._sequence,
    "UnaryOp": Walk._unaryop,
    "While": Walk._plain,
    "With": Walk._plain,
    "comprehension": Walk._comprehension,
    "keyword": Walk._keyword,
    "withitem": Walk._plain,
}
