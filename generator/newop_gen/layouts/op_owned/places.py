"""Where an op that owns its tables is named: one function per list, each giving settled drafts."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable

from ...checkout.python import PythonSource
from ...edits.python.bracket import insert_element
from ...edits.python.find import assigned_dict
from ...model.op import Op
from ...render.code import WIDTH, statement
from ...render.python import literal
from ..common.settle import Draft
from ..python.listed import draft
from .facts import OpOwnedFacts

EXEMPT_REASON = "Python-only: the compiled engine has no operator for it"


def stub_of(loader: str, op: Op, facts: OpOwnedFacts, conftest: PythonSource) -> str:
    """A loader's entry among those that upstream's test fixtures replace: (module, what the stub returns)."""
    module = (
        f'f"{{_OPS_PKG}}.{op.name}"'
        if _defines(conftest, "_OPS_PKG")
        else literal(f"{facts.package}.operations.{op.name}")
    )
    entry = f"{literal(loader)}: ({module}, None)"
    if len(entry) + len("    ,") > WIDTH:
        entry = f"{literal(loader)}: (\n    {module},\n    None,\n)"
    return entry


def _defines(source: PythonSource, name: str) -> bool:
    targets = [t for n in source.tree.body if isinstance(n, ast.Assign) for t in n.targets]
    return any(isinstance(t, ast.Name) and t.id == name for t in targets)


def opspec_exempt(classes: Iterable[str], coverage: PythonSource) -> Iterable[Draft]:
    """The classes among those that the compiled engine does not convert, which is what they are."""
    exempt = assigned_dict(coverage, coverage.tree, "EXEMPT")
    keys = {k.value: k for k in exempt.keys if isinstance(k, ast.Constant)}
    for name in classes:
        insertion = insert_element(coverage, exempt, _exempt(name))
        yield draft(coverage, insertion, exempt, keys.get(name), f"EXEMPT[{name!r}]")


def _exempt(name: str) -> str:
    """An element of the dict of ops without an operator in the engine, itself not indented."""
    return textwrap.dedent("    " + statement(f"{literal(name)}: ", literal(EXEMPT_REASON), 4, ",")).removesuffix(",")
