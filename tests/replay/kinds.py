"""What a replay is: how a row of a table is read, how upstream's query is called, what is compared.

Only the standard library is imported here: the module runs inside a release as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Point = dict[str, Any]
"""A point by the param names of the replayed op's spec; quant modes by name."""

Row = Mapping[str, str]

SOL, SOL_FULL, EMPIRICAL, SILICON, HYBRID = MODES = ("SOL", "SOL_FULL", "EMPIRICAL", "SILICON", "HYBRID")
ENERGY = "SILICON, with power"
"""SILICON on a copy of the table with a made-up power column: no table of these releases has one."""

FMHA, KV, GEMM = "FMHAQuantMode", "KVCacheQuantMode", "GEMMQuantMode"

FLAT = ("0.6.0", "0.7.0", "0.8.0")
OWNED = ("0.10.0",)
RELEASES = (*FLAT, *OWNED)

HEADS_OF_128 = (1, 2, 4, 8, 16, 32, 64, 128)
TP_QUANTS = {"kvcache_quant_mode": KV, "fmha_quant_mode": FMHA}


@dataclass(frozen=True)
class Replay:
    """One query of upstream's, and the op that was generated to answer like it."""

    name: str
    file: str  # stem of the table's file name
    query: str  # ours
    call: Callable[..., Any]  # (database, common, point with members, mode) -> upstream's answer
    read: Callable[[Row], Point]  # the point that a row was measured at, None for a row of another query
    keys: Callable[[Any, Point], list[Any]]  # the exact keys in upstream's table, in its order
    axes: tuple[str, ...]  # in the order of upstream's table
    attribute: str  # of the database
    releases: Mapping[str, str]  # release -> stem of the spec
    quants: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # all that a param can be
    prefix: str = ""  # how a table without prefixes answers for one: "quadratic" or "sol_ratio", "" without prefixes
    latency: tuple[str, ...] = ("latency",)  # columns
    rules: tuple[str, ...] = ()  # names of deliberate differences that may apply, see `rules`
    own_modes: bool = True  # False: upstream's query has no modes; it is SILICON, and SOL without a table
    answered: Callable[[Point], bool] = lambda point: True  # upstream's query does not refuse the point as such
    op: str = ""  # name of the generated op, by which its table is called; "" is replay_<name>

    @property
    def own_file(self) -> str:
        return f"{self.op or f'replay_{self.name}'}_perf"


def ints(row: Row, **columns: str) -> Point:
    """Columns of a row as whole numbers, by param."""
    return {param: int(row[column]) for param, column in columns.items()}


GRID_RULES = ("structured miss", "T7 energy", "measured lines", "tolerance of a surface")
CONTEXT_RULES = ("peak figure", *GRID_RULES)
