"""Database modes that a query does not answer in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...edits.python.find import Function
from ..finding import Finding, Severity
from ..flow import called
from ..queries import FALLBACK, MODE, QueryMethod
from ..sdk import MODES, RESULT, Definition
from ..subject import Subject

CODES = {
    "no-modes": "a query takes no database mode: all modes give the same",
    "missing-mode": "a query lacks one of the database modes",
    "mode-not-implemented": "a mode of a query only raises NotImplementedError",
    "silent-formula": "where data is missing, a query gives a formula's result without a word",
}
FORMULAS = ("SOL", "SOL_FULL", "EMPIRICAL")


def find(subject: Subject) -> Iterator[Finding]:
    for query in subject.queries.found:
        definition = query.definition
        names = subject.queries.names_of(query)
        modes = _modes(definition)
        if not _makes_result(definition):
            continue
        if MODE not in definition.flow.params and not modes:
            yield from _without(query, names)
            continue
        if _forwards(definition) and not modes:
            continue
        missing = [m for m in FORMULAS if m not in modes]
        if not any(called(n) == FALLBACK for n in definition.nodes) and "HYBRID" not in modes:
            missing.append("HYBRID")
        if missing:
            refuses = _refuses(definition)
            yield Finding(
                "missing-mode",
                Severity.FAILS if refuses else Severity.WRONG,
                definition.place(),
                names,
                f"{definition.name} does not know {', '.join(missing)}: asked in that mode, it "
                + ("raises" if refuses else "does what it does in SILICON"),
                "handle the five modes as the queries beside it do",
            )
        yield from _unimplemented(query, names)


def _makes_result(definition: Definition) -> bool:
    return any(called(n) == RESULT or called(n) == "_interp_pr" for n in definition.nodes)


def _modes(definition: Definition) -> set[str]:
    """Modes that it compares with, or hands to another function as its own."""
    return {
        n.attr
        for n in definition.nodes
        if isinstance(n, ast.Attribute)
        and (n.value.id if isinstance(n.value, ast.Name) else getattr(n.value, "attr", "")) == MODES
    }


def _refuses(definition: Definition) -> bool:
    """Whether it raises for a mode that is not in its list."""
    for node in definition.nodes:
        if isinstance(node, ast.If) and any(isinstance(s, ast.Raise) for s in node.body):
            for part in ast.walk(node.test):
                if not (isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.NotIn)):
                    continue
                if isinstance(part.left, ast.Name) and part.left.id == MODE:
                    return True
    return False


def _forwards(definition: Definition) -> bool:
    """Whether another function is given the mode to answer in."""
    for node in definition.nodes:
        if isinstance(node, ast.Call) and called(node) != FALLBACK:
            given = [*node.args, *(k.value for k in node.keywords)]
            if any(isinstance(a, ast.Name) and a.id == MODE for a in given):
                return True
    return False


def _without(query: QueryMethod, names: tuple[str, ...]) -> Iterator[Finding]:
    definition = query.definition
    if not definition.name.lstrip("_").startswith("query"):
        return  # a part of a query that has the modes
    yield Finding(
        "no-modes",
        Severity.WRONG,
        definition.place(),
        names,
        f"{definition.name} takes no {MODE}: SOL, SOL_FULL, EMPIRICAL and HYBRID all give what SILICON gives",
        f"take {MODE}, and handle the five modes as the queries beside it do",
    )
    formulas = {name for name, function in query.helpers.items() if _needs_no_table(query, function)}
    returns = [n for n in definition.nodes if isinstance(n, ast.Return) and n.value is not None]
    handlers = [n for n in returns if _is_formula(n) or called(n.value or n) in formulas]
    if len(handlers) > 1:
        yield Finding(
            "silent-formula",
            Severity.WRONG,
            definition.place(handlers[0]),
            names,
            f"where the table lacks what is asked for, {definition.name} gives its formula's result in SILICON, "
            f"{len(handlers)} times without raising: nobody sees that nothing was measured",
            "raise PerfDataNotAvailableError in SILICON, and fall back in HYBRID alone",
        )


def _is_formula(node: ast.Return) -> bool:
    """A result of `get_sol()[0]` in a function that has no modes."""
    if called(node.value or ast.Constant(None)) != RESULT:
        return False
    return any("sol" in called(n) for n in ast.walk(node))


def _needs_no_table(query: QueryMethod, function: Function) -> bool:
    """Whether a function inside a query works a result out from the query's arguments alone."""
    if function.args.args or function.args.kwonlyargs:
        return False
    return not any(query.chains(n) for n in ast.walk(function) if isinstance(n, (ast.Name, ast.Attribute)))


def _unimplemented(query: QueryMethod, names: tuple[str, ...]) -> Iterator[Finding]:
    empty = [
        name
        for name, function in query.helpers.items()
        if any(isinstance(s, ast.Raise) and "NotImplementedError" in ast.unparse(s) for s in function.body)
    ]
    asked = [name for name in empty if any(called(n) == name for n in query.definition.nodes)]
    if asked:
        yield Finding(
            "mode-not-implemented",
            Severity.FAILS,
            query.definition.place(query.helpers[asked[0]]),
            names,
            f"{' and '.join(asked)} of {query.definition.name} only raise NotImplementedError: so do the modes that "
            "ask them",
            "write the formula",
        )
