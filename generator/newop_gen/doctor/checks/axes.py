"""Values that a query interpolates on in another order than that of the table's nesting."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..loaders import Loader
from ..nests import Chain
from ..queries import QueryMethod
from ..sdk import Definition
from ..subject import Subject

CODES = {
    "axis-order": "a query interpolates on its axes in another order than that in which the table nests them",
    "axis-depth": "a query interpolates on more or fewer axes than the table has levels left",
}

# Other spellings of the quantities that every backend passes.
SPELLINGS = (
    {"b", "bs", "batch", "batch_size", "num_requests"},
    {"s", "isl", "seq", "seq_len", "sequence_length", "full_s", "full", "step", "prefix", "kv_len", "context_length"},
    {"x", "num_tokens", "num_token", "tokens"},
)


def find(subject: Subject) -> Iterator[Finding]:
    lookups = lookup_helpers(subject)
    for query in subject.queries.found:
        for node in query.definition.nodes:
            axes = lookups.get(called(node))
            if axes is None or not isinstance(node, ast.Call) or len(node.args) <= axes:
                continue
            if any(isinstance(a, ast.Starred) for a in node.args):
                continue
            # A name that is given one slice here and another there is what either branch makes it.
            verdicts = [
                list(_compare(subject, query, node, c, axes)) for c in query.chains(node.args[axes]) if not c.walked
            ]
            if verdicts and all(verdicts):
                yield from verdicts[0]


def lookup_helpers(subject: Subject) -> dict[str, int]:
    """Helpers that are given a point and a nested dict, `(x, y, z, data, ...)`: the number of axes by name."""
    found = {}
    for definition in subject.code.definitions:
        helper = any(definition.source is s for s in subject.code.helpers) or definition.name.startswith("_")
        if not helper or definition.name in subject.queries.grid_helpers:
            continue
        names = [a.arg for a in definition.node.args.args if a.arg not in ("self", "cls")]
        for number, name in enumerate(names):
            if name == "data" and 2 <= number <= 3 and _is_dict(definition, name):
                found[definition.name] = number
    return found


def _is_dict(definition: Definition, name: str) -> bool:
    for argument in definition.node.args.args:
        if argument.arg == name:
            return argument.annotation is not None and "dict" in ast.unparse(argument.annotation)
    return False


def _compare(subject: Subject, query: QueryMethod, node: ast.Call, chain: Chain, axes: int) -> Iterator[Finding]:
    for loader, keys in nestings(subject, query.attribute(chain)):
        left = keys[len(chain.keys) :]
        names = subject.queries.names_of(query)
        if len(left) != axes:
            yield Finding(
                "axis-depth",
                Severity.FAILS,
                query.definition.place(node),
                names,
                f"{called(node)} needs {axes} levels, and {loader.name} leaves {len(left)} below "
                f"{len(chain.keys)} exact keys",
                "look up every exact key before, and no axis",
            )
            return
        given = [meanings(query.definition, a) for a in node.args[:axes]]
        nested = [loader.columns(k) | _words(k) for k in left]
        score = {
            order: sum(_alike(given[i], nested[at]) for i, at in enumerate(order))
            for order in itertools.permutations(range(axes))
        }
        straight = tuple(range(axes))
        best = max(score, key=lambda order: (score[order], order == straight))
        # Two axes must have changed places, and be known for what they are in both: a name alone proves nothing.
        if score[best] >= score[straight] + 2:
            have = ", ".join(ast.unparse(a) for a in node.args[:axes])
            want = ", ".join(ast.unparse(k) for k in left)
            yield Finding(
                "axis-order",
                Severity.WRONG,
                query.definition.place(node),
                names,
                f"{called(node)} is given ({have}), and {loader.name} nests [{want}]: a point is looked up on another "
                f"axis's values",
                "pass the values in the order of the nesting",
            )
            return


def nestings(subject: Subject, attribute: str) -> Iterator[tuple[Loader, tuple[ast.expr, ...]]]:
    """The keys by which loaders of a table nest it, where all of their stores are alike."""
    for registration in subject.tables.filled.get(attribute, ()):
        for loader in subject.tables.entries[registration.loader]:
            keys = {c.text[1:]: c.keys for s in loader.stores for c in s.chains if c.root in loader.returned}
            if len(keys) == 1 and not any(c.walked for s in loader.stores for c in s.chains):
                yield loader, next(iter(keys.values()))


def meanings(definition: Definition, node: ast.expr) -> set[str]:
    """What an argument is: its own name, and the parameters that it comes from."""
    return definition.flow.parameters(node) | _words(node)


def _words(node: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _alike(left: set[str], right: set[str]) -> bool:
    """Whether two sets of names share one, or one of the quantities that have several spellings."""
    return bool(left & right) or any(left & spelling and right & spelling for spelling in SPELLINGS)
