"""Queries that hand on what interpolation gives: a dict, where a result is expected."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..queries import QueryMethod
from ..subject import Subject
from .axes import lookup_helpers

CODES = {"unwrapped-result": "a query gives the dict of an interpolation helper, not a result"}


def find(subject: Subject) -> Iterator[Finding]:
    helpers = set(lookup_helpers(subject)) | subject.queries.point_helpers
    for query in subject.queries.found:
        if not query.definition.name.lstrip("_").startswith("query"):
            continue
        for node in _returns(query):
            value = query.definition.flow.sole(node.value) if node.value is not None else None
            if value is None or called(value) not in helpers:
                continue
            yield Finding(
                "unwrapped-result",
                Severity.FAILS,
                query.definition.place(node),
                subject.queries.names_of(query),
                f"{called(value)} gives a dict of latency, power and energy, and {query.definition.name} hands it on: "
                f"float() of it fails in every operation",
                'wrap it: PerformanceResult(result["latency"], energy=result.get("energy", 0.0))',
            )
            break


def _returns(query: QueryMethod) -> Iterator[ast.Return]:
    """What the query itself returns, and what those functions inside it do that it hands to the one that falls back."""
    inner = {part: f for f in query.helpers.values() for part in ast.walk(f) if isinstance(part, ast.Return)}
    for node in query.definition.nodes:
        if isinstance(node, ast.Return) and (node not in inner or inner[node].name == "get_silicon"):
            yield node
