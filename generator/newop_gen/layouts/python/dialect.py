"""The target's idiom for the SOL language."""

from __future__ import annotations

from collections.abc import Callable

from ...sol.quants import enum_class
from ...sol.render.python import PythonDialect
from .facts import PythonFacts


def query_dialect(
    facts: PythonFacts, database: str = "self", helper: str = "self._get_quant_tc_flops({})"
) -> PythonDialect:
    """Formulas where `database` is the code for the database: a query method of it by default. `helper` is the call
    that gives the peak FLOPS of a quant mode, on trees that have one."""
    gpu = f'{database}.system_spec["gpu"]'
    peak = helper if facts.flops_helper else f'{gpu}["{facts.flops_key}"] * {{}}.value.compute'
    return _dialect(facts, str, peak.format, f'{gpu}["mem_bw"]')


def column_dialect(facts: PythonFacts, read: Callable[[str], str]) -> PythonDialect:
    """Column expressions inside a loader: `read` gives the code that reads a column."""
    return _dialect(facts, read, str, "")


def _dialect(
    facts: PythonFacts, names: Callable[[str], str], flops: Callable[[str], str], mem_bw: str
) -> PythonDialect:
    return PythonDialect(
        names=names,
        sixteen_bit=facts.sixteen_bit,
        flops=flops,
        mem_bw=mem_bw,
        quant_literal=lambda name: f"common.{enum_class(name)}.{name}",
    )
