"""Quant modes that the op has no kernels for: a model that would ask for one is overridden, and the log says so.

The guide's fourth rule. The value goes into a local before the statement that makes the op; when its mode is not one of
the op's, the local gets the spec's `otherwise`.
"""

from __future__ import annotations

import ast
import sys
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..edits.lines import encode
from ..edits.python.find import dotted, walk_own
from ..plan import Insertion
from ..problems import CheckoutRefused, Place, Problem
from ..sol.quants import SIXTEEN_BIT, canonical
from .classes import module_names
from .emit import NewCall, Override, Value, overrides
from .facts import spec_place

if TYPE_CHECKING:
    from ..checkout.python import PythonSource
    from ..edits.python.find import Function
    from ..model.op import Op
    from ..spec.model import Param
    from .classes import ModelClass, ModelIndex
    from .facts import WiringFacts
    from .placing import StatementSlot
    from .scope import Scope


# Nothing breaks `param=local`, which stands some brackets deep. Where both names together get longer than this, the
# local is cut short, with a checksum that tells it from others.
LONGEST, SHORT = 85, 24


class Overrides:
    """The overrides of one op in one model class."""

    def __init__(self, op: Op, index: ModelIndex, model: ModelClass, facts: WiringFacts) -> None:
        self.op = op
        self.index = index
        self.model = model
        self.facts = facts
        self.conflicts: list[Problem] = []
        self._locals: dict[tuple[Function, str], list[str]] = {}

    def apply(self, new: NewCall, scope: Scope) -> tuple[NewCall, list[Override]]:
        """The call with a checked local in place of each quant argument that may be a mode without kernels."""
        arguments: list[tuple[str, Value]] = []
        checked: list[Override] = []
        problems: list[Problem] = []
        for name, value in new.arguments:
            param = self.op.quant_params.get(name)
            if param is None or not param.modes or param.otherwise is None:
                arguments.append((name, value))
                continue
            result = self._check(new, name, param, value, scope)
            if isinstance(result, Problem):
                problems.append(result)
            elif result is None:
                arguments.append((name, value))
            else:
                checked.append(result)
                arguments.append((name, Value(ast.Name(result.local))))
        if problems:
            raise CheckoutRefused(problems)
        return replace(new, arguments=arguments), checked

    def _check(self, new: NewCall, name: str, param: Param, value: Value, scope: Scope) -> Override | Problem | None:
        assert param.otherwise is not None
        members = self.index.enum_members(param.type) or frozenset()
        mode = self._in_tree(param.otherwise)
        if mode not in members:
            return Problem(
                spec_place(self.op.name, ("params", name, "otherwise")),
                f"this tree's {param.type} has no mode {mode}",
                f"one of {', '.join(sorted(m for m in members if not m.startswith('_')))}",
                "",
                "wiring-mode",
            )
        if scope.missing("common") is not None:
            found = f"common is not in scope, so that {name} can't be overridden"
            return Problem(self.model.source.place(scope.statement), found, "an import of common", "", "wiring-scope")
        modes = [self._in_tree(m) for m in param.modes]
        constant = dotted(value.node).split(".")
        if constant[:2] == ["common", param.type]:
            if constant[-1] in modes:
                return None
            found = f"{name} is {constant[-1]}, a mode that the op has no kernels for"
            return Problem(
                self.model.source.place(scope.statement), found, f"one of {', '.join(modes)}", "", "wiring-mode"
            )
        local = self._local(scope.method, name, value)
        return Override(new.name, name, local, value, param.type, modes, mode)

    def _in_tree(self, mode: str) -> str:
        return self.facts.sixteen_bit if canonical(mode) == SIXTEEN_BIT else mode

    def _local(self, method: Function, param: str, value: Value) -> str:
        """The local that holds the checked value; another one where the method has that name for something else."""
        name = f"{self.op.name}_{param}"
        if len(param) + len(name) > LONGEST:
            name = f"{name[:SHORT].rstrip('_0123456789')}_{zlib.crc32(name.encode())}"
        if _bound_otherwise(method, name):
            name = f"own_{name}"
        known = self._locals.setdefault((method, name), [])
        text = ast.dump(value.node)
        if text not in known:
            known.append(text)
        number = known.index(text)
        return f"{name}_{number + 1}" if number else name

    def text(self, checked: Sequence[Override], new: NewCall, margin: int) -> str:
        """The checks as statements, without the last newline."""
        return overrides(checked, new.condition, width=self.facts.width, margin=margin)

    def edits(self, checked: Sequence[Override], new: NewCall, slot: StatementSlot) -> list[Insertion]:
        """What puts the checks before a statement; done where they stand there already."""
        if not checked:
            return []
        text = self.text(checked, new, len(slot.margin))
        span = slot.find(text, adjoining=True)
        source = self.model.source
        if span is not None:
            return [Insertion(source.path, span[0], source.data[span[0] : span[1]], done=True)]
        for node in slot.adjoining():
            if isinstance(node, ast.Assign) and dotted(node.targets[0]) in {c.local for c in checked}:
                found = f"{dotted(node.targets[0])} is not set as the spec has it"
                self.conflicts.append(Problem(source.place(node), found, text, "", "wiring-differs"))
                return []
        return [*self.imports(checked), slot.insert(text)]

    def imports(self, checked: Sequence[Override]) -> list[Insertion]:
        """A logger for a model file that has none."""
        source = self.model.source
        return _logger(source) if checked and "logger" not in module_names(source) else []


def _bound_otherwise(method: Function, name: str) -> bool:
    """Whether the method has `name` for something that is not a check of ours (an `if` on its mode that sets it)."""
    arguments = method.args
    if name in {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}:
        return True
    checked = any(
        isinstance(node, ast.If)
        and any(dotted(part) == f"{name}.name" for part in ast.walk(node.test))
        and any(_stores(part, name) for part in node.body)
        for node in walk_own(method)
    )
    return _stores(method, name) and not checked


def _stores(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(node))


def _logger(source: PythonSource) -> list[Insertion]:
    """`import logging` where isort wants it, and the logger below the imports."""
    imports = [n for n in source.tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    future = [n for n in imports if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    rest = imports[len(future) :]
    if not rest:
        found = "no logger, and no imports to put one below"
        raise CheckoutRefused(Problem(Place(source.path), found, "a logger", "", "wiring-scope"))
    standard = [n for n in rest if _module(n).partition(".")[0] in sys.stdlib_module_names]
    earlier = [n for n in standard if isinstance(n, ast.Import) and _module(n) < "logging"]
    line = "import logging\n"
    if earlier:
        at = source.line_end(earlier[-1].end_lineno or earlier[-1].lineno)
    elif standard:
        at = source.line_start(standard[0].lineno)
    else:
        at, line = source.line_start(rest[0].lineno), line + "\n"
    below = source.line_end(rest[-1].end_lineno or rest[-1].lineno)
    edits = [] if "logging" in module_names(source) else [_insertion(source, at, line)]
    return [*edits, _insertion(source, below, "\nlogger = logging.getLogger(__name__)\n")]


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else node.module or ""


def _insertion(source: PythonSource, offset: int, text: str) -> Insertion:
    return Insertion(source.path, offset, encode(source, text, offset), once=True)
