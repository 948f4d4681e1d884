"""The target's idiom for the SOL language."""

from __future__ import annotations

from collections.abc import Callable

from ...sol.quants import enum_class
from ...sol.render.python import PythonDialect
from .facts import PythonFacts


def query_dialect(facts: PythonFacts, names: Callable[[str], str] = lambda name: name) -> PythonDialect:
    """Formulas inside a query method of `PerfDatabase`."""
    if facts.flops_helper:
        flops = "self._get_quant_tc_flops({q})".format
    else:
        flops = f'self.system_spec["gpu"]["{facts.flops_key}"] * {{q}}.value.compute'.format
    return PythonDialect(
        names=names,
        sixteen_bit=facts.sixteen_bit,
        flops=lambda q: flops(q=q),
        mem_bw='self.system_spec["gpu"]["mem_bw"]',
        quant_literal=lambda name: f"common.{enum_class(name)}.{name}",
    )


def column_dialect(facts: PythonFacts, read: Callable[[str], str]) -> PythonDialect:
    """Column expressions inside a loader: `read` gives the code that reads a column."""
    return PythonDialect(
        names=read,
        sixteen_bit=facts.sixteen_bit,
        flops=lambda q: q,
        mem_bw="",
        quant_literal=lambda name: f"common.{enum_class(name)}.{name}",
    )
