"""What a query does with a key that its table hasn't got."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..loaders import CAUGHT
from ..nests import Chain
from ..queries import FALLBACK, QueryMethod
from ..sdk import Definition
from ..subject import Subject

CODES = {
    "key-made-on-lookup": "looking up a key that was not collected adds an empty branch to the table",
    "missing-key-escapes": "a key that was not collected is a KeyError, which HYBRID does not fall back on",
}

LEAF = ("latency", "power", "energy")


def find(subject: Subject) -> Iterator[Finding]:
    catches_all = _fallback_catches_all(subject)
    for query in subject.queries.found:
        made = escaping = None
        protected = _protected(query.definition)
        for node, chain in _lookups(query):
            nest = subject.tables.nest_of(query.attribute(chain)).below(len(chain.keys) - 1)
            if nest.makes is not None and made is None:
                made = (node, chain)
            elif nest.makes is None and nest.known and escaping is None and not catches_all and node not in protected:
                escaping = (node, chain)
        names = subject.queries.names_of(query)
        if made is not None:
            node, chain = made
            yield Finding(
                "key-made-on-lookup",
                Severity.LATENT,
                query.definition.place(node),
                names,
                f"{ast.unparse(chain.keys[-1])} is looked up in a dict that makes what is missing: a value that was "
                f"not collected is no missing data but an empty branch, which stays in {query.attribute(chain)}",
                "ask with `in` or `.get` at every level, and raise PerfDataNotAvailableError",
            )
        if escaping is not None and _falls_back(query.definition):
            node, chain = escaping
            yield Finding(
                "missing-key-escapes",
                Severity.FAILS,
                query.definition.place(node),
                names,
                f"a value of {ast.unparse(chain.keys[-1])} that was not collected is a KeyError: {FALLBACK} only "
                "catches missing data, so HYBRID raises instead of falling back",
                "look the slice up with a helper that raises PerfDataNotAvailableError",
            )


def _lookups(query: QueryMethod) -> Iterator[tuple[ast.Subscript, Chain]]:
    """Subscripts of tables with a key that is asked for, that nothing has been asked about before."""
    guarded = _asked_about(query)
    for node in query.definition.nodes:
        if not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)):
            continue
        for chain in query.chains(node):
            if not chain.keys or chain.walked:
                continue
            if _level(chain) in guarded or not _comes_from_outside(query, chain):
                continue
            yield node, chain


def _level(chain: Chain) -> tuple[str, int, str]:
    """The last key of a chain, and how deep in which table it is looked up."""
    return chain.root, len(chain.keys), ast.unparse(chain.keys[-1])


def _asked_about(query: QueryMethod) -> set[tuple[str, int, str]]:
    """Keys that the query asks about before it goes there: `key in container`, `container.get(key)`. On which branch
    above does not count: a query may collect the branches that have the key, and take two of those."""
    found = set()
    for node in query.definition.nodes:
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            for chain in query.chains(node.comparators[0]):
                found.add((chain.root, len(chain.keys) + 1, ast.unparse(node.left)))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            found |= {_level(c) for c in query.chains(node)}
    return found


def _protected(definition: Definition) -> set[ast.AST]:
    """What stands in a try that catches KeyError. (A key that is made raises none.)"""
    found: set[ast.AST] = set()
    for node in definition.nodes:
        if isinstance(node, ast.Try) and any(
            h.type is None or any(name in ast.unparse(h.type) for name in CAUGHT) for h in node.handlers
        ):
            for statement in node.body:
                found |= set(ast.walk(statement))
    return found


def _comes_from_outside(query: QueryMethod, chain: Chain) -> bool:
    """Whether the last key is something asked for, not one of the keys of the table."""
    key = chain.keys[-1]
    if isinstance(key, ast.Constant):
        return isinstance(key.value, str) and len(chain.keys) > 1 and key.value not in LEAF
    flow = query.definition.flow
    for part in flow.origins(key):
        if isinstance(part, ast.Name) and part.id in flow.loops:
            return False  # runs over something: the table's own keys, or a list of candidates
        if isinstance(part, (ast.Subscript, ast.Attribute, ast.Name)) and part is not key and query.chains(part):
            return False  # worked out from the table
    return bool(flow.parameters(key))


def _falls_back(definition: Definition) -> bool:
    return any(called(n) == FALLBACK for n in definition.nodes)


def _fallback_catches_all(subject: Subject) -> bool:
    """Whether the helper that falls back in HYBRID catches every exception."""
    for definition in subject.code.by_name.get(FALLBACK, ()):
        for node in definition.nodes:
            if isinstance(node, ast.ExceptHandler):
                return node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
    return True
