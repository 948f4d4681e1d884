"""Single changes to source: where one can be made, and which are drawn.

A change is made inside a function whose text stands, once, in every tree that is compared: it can be made in each then,
wherever the function has been moved to.
"""

from __future__ import annotations

import ast
import functools
import random
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

#: Below a tree's root: the package whose source is changed.
PACKAGE = "generator/newop_gen"
#: Run in the interpreter of a checkout, which has no coverage.py: nobody could say which tests execute them.
ELSEWHERE = ("verify/child/", "doctor/child.py")

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True)
class Function:
    """A function's text without its indentation, and where it stands: `file` below the package, `line` from 1."""

    text: str
    name: str
    file: str
    line: int
    indent: int


@dataclass(frozen=True)
class Change:
    """In the function `function`, whose text without indentation is `text`: on its line `line` (from 0) the bytes from
    `start` to `end` become `new`. `package` is where it was drawn from, `kind` what is done."""

    package: str
    function: str
    text: str
    kind: str
    line: int
    start: int
    end: int
    new: str

    @property
    def old(self) -> str:
        return self.text.split("\n")[self.line].encode()[self.start : self.end].decode()

    def __str__(self) -> str:
        return f"{self.package}: {self.function}: {self.old} -> {self.new}"

    def json(self) -> dict[str, Any]:
        return asdict(self)


@functools.cache
def functions(tree: Path) -> tuple[Function, ...]:
    """Functions and methods of the package in `tree`, which has no change in it, that stand in no other function."""
    return tuple(_functions(tree))


def _functions(tree: Path) -> Iterator[Function]:
    root = tree / PACKAGE
    for path in sorted(root.rglob("*.py")):
        file = path.relative_to(root).as_posix()
        if file.startswith(ELSEWHERE):
            continue
        source = path.read_text(encoding="utf-8")
        lines = source.split("\n")
        for name, node in _defined(ast.parse(source).body):
            assert node.end_lineno is not None
            text = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
            yield Function(text, name, file, node.lineno, node.col_offset)


def _defined(body: list[ast.stmt], outer: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield outer + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _defined(node.body, f"{outer}{node.name}.")


def shared(trees: Sequence[Path]) -> list[Function]:
    """Functions, as they stand in the last tree, whose text stands once in each tree."""
    found = [functions(tree) for tree in trees]
    once = [{text for text, times in Counter(f.text for f in each).items() if times == 1} for each in found]
    return [f for f in found[-1] if all(f.text in texts for texts in once)]


def located(tree: Path, change: Change) -> Function:
    """The function of a change in this tree."""
    return next(f for f in functions(tree) if f.text == change.text)


def changed(source: str, function: Function, change: Change) -> str:
    """A file's text with the change made in it."""
    lines = source.split("\n")
    at = function.line - 1 + change.line
    line = lines[at].encode()
    # Lines inside of a text that goes over several are not indented further; changes are never made there.
    shift = function.indent
    assert line[shift + change.start : shift + change.end].decode() == change.old, f"{function.file}:{at + 1}"
    lines[at] = (line[: shift + change.start] + change.new.encode() + line[shift + change.end :]).decode()
    made = "\n".join(lines)
    ast.parse(made)
    return made


def sites(function: Function) -> Iterator[Change]:
    """Every change that could be made in a function."""
    try:
        node = ast.parse(function.text).body[0]
    except SyntaxError:  # a text of several lines was in the way of its indentation
        return
    assert isinstance(node, ast.FunctionDef)
    package = function.file.partition("/")[0] if "/" in function.file else "newop_gen"
    for part, kind, new in _possible(node):
        if part.lineno == part.end_lineno:
            assert part.end_col_offset is not None
            line = part.lineno - 1
            yield Change(package, function.name, function.text, kind, line, part.col_offset, part.end_col_offset, new)


def _possible(function: ast.FunctionDef) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    """(what is replaced, kind, by what) for each thing in a function's body."""
    for node in _walked(function.body):
        match node:
            case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _COMPARED:
                yield node, "comparison", f"({ast.unparse(ast.Compare(left, [_COMPARED[type(op)]()], right))})"
            case ast.BoolOp(op=op, values=values):
                other = ast.Or() if isinstance(op, ast.And) else ast.And()
                yield node, "and, or", f"({ast.unparse(ast.BoolOp(other, values))})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield node, "not", f"({ast.unparse(operand)})"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTED:
                yield node, "operator", f"({ast.unparse(ast.BinOp(left, _COMPUTED[type(op)](), right))})"
            case ast.Constant(value=bool() as value):
                yield node, "truth", str(not value)
            case ast.Constant(value=int() as value):
                yield node, "number", str(value + 1)
            case ast.Constant(value=str() as value) if value:
                yield node, "text", repr(value + "_")
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                yield node, "result", "return None"
            case ast.Expr(value=ast.Call()) | ast.AugAssign():
                yield node, "statement", "pass"
            case _:
                pass
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test, "condition", f"(not ({ast.unparse(node.test)}))"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _walked(body: Iterable[ast.AST]) -> Iterator[Any]:
    """Nodes that run when the function does: no annotations and docstrings, nothing in an f-string, whose places are
    wrong before Python 3.12."""
    for node in body:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        yield node
        match node:
            case ast.AnnAssign(value=value):
                yield from _walked([] if value is None else [value])
            case ast.FunctionDef(body=inner):
                yield from _walked(inner)
            case ast.arguments():
                continue
            case _:
                yield from _walked(ast.iter_child_nodes(node))


@functools.cache
def _by_package(trees: tuple[Path, ...]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for function in shared(trees):
        for change in sites(function):
            found[change.package].append(change)
    return found


def drawn(trees: Sequence[Path], count: int, seed: int) -> list[Change]:
    """`count` changes that can be made in all trees, in the order in which they are asked.

    One of each package in turn, in a random order of the packages; within a package each kind of change is as likely
    as any other, and no function is changed twice.
    """
    rng = random.Random(seed)
    by_package = {package: list(changes) for package, changes in _by_package(tuple(trees)).items()}
    packages = sorted(by_package)
    rng.shuffle(packages)
    found: list[Change] = []
    while packages and len(found) < count:
        for package in list(packages):
            left = by_package[package]
            if not left:
                packages.remove(package)
                continue
            kind = rng.choice(sorted({change.kind for change in left}))
            chosen = rng.choice([change for change in left if change.kind == kind])
            by_package[package] = [change for change in left if change.text != chosen.text]
            found.append(chosen)
    return found[:count]
