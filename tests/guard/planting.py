"""Foreign code planted into the edits of a plan, where it would compile and pass for an insertion like any other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from support.applying import prepare

from newop_gen.guard import check
from newop_gen.guard.python.fragments import Unreadable, parsed
from newop_gen.layouts import load
from newop_gen.model.op import Op
from newop_gen.plan import Creation, Edit, Insertion, Plan
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.problems import CheckoutRefused
from newop_gen.spec.load import load_specs

# Each stands where a name stood: calls, attributes, literals and forms that no spec has.
EXPRESSIONS = (
    "__import__('os').system('true')",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('canary')",
    "open('canary', 'w')",
    "os.system('true')",
    "os.path.join('a').__class__",
    "().__class__.__bases__[0].__subclasses__()",
    "globals()",
    "vars(self)",
    "getattr(self, 'x' 'y')",
    "setattr(self, 'a', 1)",
    "self.__dict__",
    "self.__class__",
    "subprocess.run(['true'])",
    "foreign",
    "foreign()",
    "self.foreign",
    "self.foreign()",
    "common.foreign",
    "313373",
    "3.13373",
    "1j",
    "b'bytes'",
    "...",
    "(foreign := 1)",
    "(lambda: foreign)()",
    "[foreign for foreign in self]",
    "{**foreign}",
    "f'{1}'",
    "f'{self!s}'",
    "f'{self:>{9**9}}'",
    "(1 << 9)",
    "~1",
    "(a @ b)",
)
STATEMENTS = (
    "import os.path as foreign",
    "import subprocess",
    "from os import system",
    "from . import foreign",
    "from aiconfigurator.sdk.common import *",
    "exec('1')",
    "foreign = 1",
    "self.foreign = 1",
    "self.__class__ = 1",
    "self.foreign[0] = 1",
    "common.MODES = 1",
    "max = min",
    "del self",
    "print(1)",
    "foreign()",
    "1",
    "def foreign():\n    pass",
    "class Foreign:\n    pass",
    "async def foreign():\n    pass",
    "global foreign",
    "with open('canary', 'w') as f:\n    pass",
    "for foreign in ():\n    pass",
    "raise SystemExit",
    "foreign: int = 1",
    "foreign += 1",
    "@foreign\ndef get_sol():\n    pass",
    "try:\n    pass\nexcept* ValueError:\n    pass",
    "match self:\n    case _:\n        pass",
)


def planned(root: Path, spec: Path) -> tuple[Plan, list[Op]]:
    """A plan that passed the guard, and its ops."""
    loaded = load_specs([spec])
    return prepare(loaded, root).plan, [Op.from_spec(one.spec) for one in loaded]


def refusals(plan: Plan, ops: list[Op]) -> list[str]:
    """What the guard says of a plan; nothing when it lets it through."""
    try:
        check(plan, ops, load(plan.layout).words())
    except CheckoutRefused as refused:
        assert {p.code for p in refused.problems} == {"guard"}
        return [p.found for p in refused.problems]
    return []


def code_edits(plan: Plan) -> Iterator[tuple[int, int, str]]:
    """(step, edit, text) of every pending edit with Python in it."""
    for number, step in enumerate(plan.steps):
        for index, edit in enumerate(step.edits):
            if edit.path.endswith(".py") and not edit.done:
                yield number, index, text_of(edit)


def text_of(edit: Edit) -> str:
    return (edit.content if isinstance(edit, Creation) else edit.text).decode().replace("\r\n", "\n")


def with_text(plan: Plan, step: int, edit: int, text: str) -> Plan:
    """The plan with another text in one of its edits."""
    old = plan.steps[step].edits[edit]
    newline = b"\r\n" if isinstance(old, Insertion) and b"\r\n" in old.text else b"\n"
    data = text.encode().replace(b"\n", newline)
    new = replace(old, content=data) if isinstance(old, Creation) else replace(old, text=data)
    edits = (*plan.steps[step].edits[:edit], new, *plan.steps[step].edits[edit + 1 :])
    steps = (*plan.steps[:step], replace(plan.steps[step], edits=edits), *plan.steps[step + 1 :])
    return replace(plan, steps=steps)


def name_places(text: str, whole_file: bool) -> list[tuple[int, int]]:
    """Byte ranges of names that are read, outside f-strings and tables of numbers."""
    shift = 0 if whole_file or not text.lstrip("\n")[:1].isspace() else len("if 1:\n")
    code = ("if 1:\n" if shift else "") + text
    try:
        tree = ast.parse(code)
    except SyntaxError:  # elements of a list: names in them are found by the other layouts' statements
        return []
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.JoinedStr) for n in ast.walk(f)}
    starts = [0]
    for line in code.split("\n"):
        starts.append(starts[-1] + len(line.encode()) + 1)
    return [
        (starts[n.lineno - 1] + n.col_offset - shift, starts[n.lineno - 1] + (n.end_col_offset or 0) - shift)
        for n in ast.walk(tree)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and id(n) not in inside
    ]


def statement_lines(text: str, whole_file: bool) -> list[tuple[int, int]]:
    """(line from 0, indentation) before which a statement may stand."""
    shift = 0 if whole_file or not text.lstrip("\n")[:1].isspace() else 1
    try:
        tree = ast.parse(("if 1:\n" if shift else "") + text)
        parsed(text, whole_file=whole_file)
    except (SyntaxError, Unreadable):
        return []
    found = {}
    for node in ast.walk(tree):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            for one in body if isinstance(body, list) else ():
                line = min([one.lineno, *(d.lineno for d in getattr(one, "decorator_list", ()))])
                if line > shift:
                    found[line - 1 - shift] = one.col_offset
    return sorted(found.items())


def compiles(plan: Plan) -> bool:
    """Whether everything else that looks at a plan would let it through."""
    try:
        check_postcondition(plan.changes())
    except CheckoutRefused:
        return False
    return True
