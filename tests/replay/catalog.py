"""Upstream's ops that are replayed: how a row of their table is read, how their query is called, what is compared.

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
    prefix: bool = False
    latency: tuple[str, ...] = ("latency",)  # columns
    rules: tuple[str, ...] = ()  # names of deliberate differences that may apply, see `rules`
    own_modes: bool = True  # False: upstream's query has no modes; it is SILICON, and SOL without a table
    op: str = ""  # name of the generated op, by which its table is called; "" is replay_<name>

    @property
    def own_file(self) -> str:
        return f"{self.op or f'replay_{self.name}'}_perf"


def ints(row: Row, **columns: str) -> Point:
    """Columns of a row as whole numbers, by param."""
    return {param: int(row[column]) for param, column in columns.items()}


def _scale(name: str, file: str) -> Replay:
    return Replay(
        name=name,
        file=file,
        query=f"query_replay_{name}",
        call=lambda db, c, p, mode: getattr(db, f"query_{name}")(p["x"], p["width"], p["quant_mode"], mode),
        read=lambda r: {"quant_mode": r["quant_dtype"], **ints(r, x="m", width="k")},
        keys=lambda table, p: [_static(p["quant_mode"])],
        axes=("x", "width"),
        attribute=f"_{name}_data",
        releases={"0.7.0": name, "0.8.0": name},
        quants={"quant_mode": GEMM},
        rules=("structured miss", "measured lines"),
    )


def _static(quant: Any) -> Any:
    return type(quant).fp8 if quant.name == "fp8_static" else quant


def _heads_of_attention(row: Row) -> Point:
    point = ints(row, b="batch_size", s="isl", num_heads="num_heads", num_kv_heads="num_key_value_heads")
    point |= {"head_size": int(row["head_dim"]), "window_size": int(row.get("window_size", 0)), "prefix": 0}
    return point | {"fmha_quant_mode": row["attn_dtype"], "kvcache_quant_mode": row["kv_cache_dtype"]}


CONTEXT_RULES = ("structured miss", "peak figure", "T7 energy", "measured lines")

CONTEXT_ATTENTION = Replay(
    name="context_attention",
    file="context_attention_perf",
    query="query_replay_context_attention",
    call=lambda db, c, p, mode: db.query_context_attention(
        p["b"],
        p["s"],
        p["prefix"],
        p["num_heads"],
        p["num_kv_heads"],
        p["kvcache_quant_mode"],
        p["fmha_quant_mode"],
        mode,
        window_size=p["window_size"],
        head_size=p["head_size"],
    ),
    read=_heads_of_attention,
    keys=lambda table, p: [
        p["fmha_quant_mode"],
        p["kvcache_quant_mode"],
        0 if p["num_heads"] == p["num_kv_heads"] else p["num_kv_heads"],
        p["head_size"],
        p["window_size"],
    ],
    axes=("num_heads", "s", "b"),
    attribute="_context_attention_data",
    releases=dict.fromkeys(("0.6.0", "0.7.0", "0.8.0"), "context_attention"),
    quants=TP_QUANTS,
    prefix=True,
    rules=("more key-value heads", *CONTEXT_RULES, "grid order", "grid order and T7", "no key-value heads"),
)

CONTEXT_MLA = Replay(
    name="context_mla",
    file="context_mla_perf",
    query="query_replay_context_mla",
    call=lambda db, c, p, mode: db.query_context_mla(
        p["b"], p["s"], p["prefix"], p["num_heads"], p["kvcache_quant_mode"], p["fmha_quant_mode"], mode
    ),
    read=lambda r: (
        ints(r, b="batch_size", s="isl", num_heads="num_heads")
        | {"prefix": 0, "fmha_quant_mode": r["mla_dtype"], "kvcache_quant_mode": r["kv_cache_dtype"]}
    ),
    keys=lambda table, p: [p["fmha_quant_mode"], p["kvcache_quant_mode"]],
    axes=("num_heads", "s", "b"),
    attribute="_context_mla_data",
    releases=dict.fromkeys(("0.6.0", "0.7.0", "0.8.0"), "context_mla"),
    quants=TP_QUANTS,
    prefix=True,
    rules=CONTEXT_RULES,
)

GENERATION_MLA = Replay(
    name="generation_mla",
    file="generation_mla_perf",
    query="query_replay_generation_mla",
    call=lambda db, c, p, mode: db.query_generation_mla(p["b"], p["s"], p["num_heads"], p["kvcache_quant_mode"], mode),
    read=lambda r: (
        ints(r, b="batch_size", num_heads="num_heads")
        | {"s": int(r["isl"]) + int(r["step"]), "kvcache_quant_mode": r["kv_cache_dtype"]}
    ),
    keys=lambda table, p: [p["kvcache_quant_mode"]],
    axes=("num_heads", "b", "s"),
    attribute="_generation_mla_data",
    releases=dict.fromkeys(("0.6.0", "0.7.0", "0.8.0"), "generation_mla"),
    quants={"kvcache_quant_mode": KV},
    rules=CONTEXT_RULES,
)


def _bmm_keys(table: Any, p: Point) -> list[Any]:
    quant = p["quant_mode"]
    sixteen = next(m for m in type(quant) if m.name in ("float16", "bfloat16"))
    return [quant if quant in table else sixteen, p["stage"], p["num_heads"]]


MLA_BMM = Replay(
    name="mla_bmm",
    file="mla_bmm_perf",
    query="query_replay_mla_bmm",
    call=lambda db, c, p, mode: db.query_mla_bmm(
        p["x"], p["num_heads"], p["quant_mode"], p["stage"] == "mla_gen_pre", mode
    ),
    read=lambda r: (
        ints(r, x="num_tokens", num_heads="num_heads") | {"quant_mode": r["bmm_dtype"], "stage": r["op_name"]}
    ),
    keys=_bmm_keys,
    axes=("x",),
    attribute="_mla_bmm_data",
    releases=dict.fromkeys(("0.6.0", "0.7.0", "0.8.0"), "mla_bmm"),
    quants={"quant_mode": GEMM},
    choices={"stage": ("mla_gen_pre", "mla_gen_post")},
    rules=("structured miss", "peak figure", "not a time", "T7 energy of a line"),
)

ARCHITECTURE = "DeepseekV32ForCausalLM"

CONTEXT_DSA = Replay(
    name="context_dsa_module",
    file="dsa_context_module_perf",
    query="query_replay_context_dsa_module",
    call=lambda db, c, p, mode: db.query_context_dsa_module(
        p["b"],
        p["s"],
        p["num_heads"],
        p["kvcache_quant_mode"],
        p["fmha_quant_mode"],
        p["gemm_quant_mode"],
        mode,
        prefix=p["prefix"],
        architecture=p["architecture"],
    ),
    read=lambda r: (
        ints(r, b="batch_size", s="isl", num_heads="num_heads")
        | {"prefix": 0, "fmha_quant_mode": r["mla_dtype"], "kvcache_quant_mode": r["kv_cache_dtype"]}
        | {"gemm_quant_mode": r["gemm_type"], "architecture": r.get("architecture", ARCHITECTURE)}
    ),
    keys=lambda table, p: [p["fmha_quant_mode"], p["kvcache_quant_mode"], p["gemm_quant_mode"], p["architecture"]],
    axes=("num_heads", "s", "b"),
    attribute="_context_dsa_module_data",
    releases={"0.8.0": "context_dsa_module"},
    quants={**TP_QUANTS, "gemm_quant_mode": GEMM},
    prefix=True,
    rules=("structured miss", "T13 last row", "T7 energy", "T13 and T7", "measured lines"),
)

GENERATION_DSA = Replay(
    name="generation_dsa_module",
    file="dsa_generation_module_perf",
    query="query_replay_generation_dsa_module",
    call=lambda db, c, p, mode: db.query_generation_dsa_module(
        p["b"],
        p["s"],
        p["num_heads"],
        p["kv_cache_dtype"],
        p["gemm_quant_mode"],
        mode,
        architecture=p["architecture"],
    ),
    read=lambda r: (
        ints(r, b="batch_size", num_heads="num_heads")
        | {"s": int(r["isl"]) + int(r["step"]), "kv_cache_dtype": r["kv_cache_dtype"]}
        | {"gemm_quant_mode": r["gemm_type"], "architecture": r.get("architecture", ARCHITECTURE)}
    ),
    keys=lambda table, p: [p["kv_cache_dtype"], p["gemm_quant_mode"], p["architecture"]],
    axes=("num_heads", "b", "s"),
    attribute="_generation_dsa_module_data",
    releases={"0.8.0": "generation_dsa_module"},
    quants={"kv_cache_dtype": KV, "gemm_quant_mode": GEMM},
    rules=("structured miss", "T13 last row", "T7 energy", "T13 and T7", "measured lines"),
)


def _supported(p: Point) -> str | None:
    """Upstream's queries refuse other backends, also where the table has them."""
    return p["attention_backend"] if p["attention_backend"] in ("flashinfer", "fa3") else None


WIDEEP_SPECS = {"0.6.0": "_0_6", "0.7.0": "_0_6", "0.8.0": ""}

WIDEEP_CONTEXT = Replay(
    name="wideep_context_mla",
    file="wideep_context_mla_perf",
    query="query_replay_wideep_context_mla",
    call=lambda db, c, p, mode: db.query_wideep_context_mla(
        p["b"],
        p["s"],
        p["prefix"],
        128 // p["num_heads"],
        p["kvcache_quant_mode"],
        p["fmha_quant_mode"],
        p["attention_backend"],
        mode,
    ),
    read=lambda r: (
        ints(r, b="batch_size", s="isl", num_heads="num_heads")
        | {"prefix": 0, "fmha_quant_mode": r["mla_dtype"], "kvcache_quant_mode": r["kv_cache_dtype"]}
        | {"attention_backend": r.get("kernel_source", "flashinfer")}
    ),
    keys=lambda table, p: [_supported(p), p["fmha_quant_mode"], p["kvcache_quant_mode"]],
    axes=("num_heads", "s", "b"),
    attribute="_wideep_context_mla_data",
    releases={release: f"wideep_context_mla{suffix}" for release, suffix in WIDEEP_SPECS.items()},
    quants=TP_QUANTS,
    choices={"num_heads": HEADS_OF_128},
    prefix=True,
    rules=CONTEXT_RULES,
)

WIDEEP_GENERATION = Replay(
    name="wideep_generation_mla",
    file="wideep_generation_mla_perf",
    query="query_replay_wideep_generation_mla",
    call=lambda db, c, p, mode: db.query_wideep_generation_mla(
        p["b"],
        p["s"],
        128 // p["num_heads"],
        p["kvcache_quant_mode"],
        p["fmha_quant_mode"],
        p["attention_backend"],
        mode,
    ),
    read=lambda r: (
        ints(r, b="batch_size", num_heads="num_heads")
        | {"s": int(r["isl"]) + int(r["step"]), "kvcache_quant_mode": r["kv_cache_dtype"]}
        | {"fmha_quant_mode": "bfloat16", "attention_backend": r.get("kernel_source", "flashinfer")}
    ),
    keys=lambda table, p: [_supported(p), p["kvcache_quant_mode"]],
    axes=("num_heads", "b", "s"),
    attribute="_wideep_generation_mla_data",
    releases={release: f"wideep_generation_mla{suffix}" for release, suffix in WIDEEP_SPECS.items()},
    quants=TP_QUANTS,
    choices={"num_heads": HEADS_OF_128},
    rules=CONTEXT_RULES,
)

DEEPEP_LL = Replay(
    name="wideep_deepep_ll",
    file="wideep_deepep_ll_perf",
    query="query_replay_wideep_deepep_ll",
    call=lambda db, c, p, mode: db.query_wideep_deepep_ll(
        p["node_num"], p["x"], p["num_experts"], p["topk"], p["hidden_size"], mode
    ),
    read=lambda r: ints(
        r, node_num="node_num", x="num_token", num_experts="num_experts", topk="num_topk", hidden_size="hidden_size"
    ),
    keys=lambda table, p: [p["node_num"], p["hidden_size"], p["topk"], p["num_experts"]],
    axes=("x",),
    attribute="_wideep_deepep_ll_data",
    releases=dict.fromkeys(("0.6.0", "0.7.0", "0.8.0"), "wideep_deepep_ll"),
    latency=("combine_avg_t_us", "dispatch_avg_t_us"),
    rules=("structured miss", "not a time", "T7 energy of a line", "no SOL"),
)

MAMBA2_KEY = ("d_model", "d_state", "d_conv", "nheads", "head_dim", "n_groups", "chunk_size")
GDN_KEY = ("d_model", "num_k_heads", "head_k_dim", "num_v_heads", "head_v_dim", "d_conv")


def _configuration(table: Any, p: Point, phase: str, key: tuple[str, ...]) -> tuple[int, ...]:
    """The collected configuration that upstream answers with."""
    wanted = tuple(p[column] for column in key)
    collected = table.get(p["kernel_source"], {}).get(phase, {})
    alike = [k for k in collected if k[0] == wanted[0]]
    if wanted in collected or not alike:
        return wanted
    return min(alike, key=lambda k: abs(k[3] - wanted[3])) if key == GDN_KEY else alike[0]


def _state(name: str, key: tuple[str, ...], phase: str, releases: tuple[str, ...], rules: tuple[str, ...]) -> Replay:
    """The queries of mamba2 and gdn: one of upstream's for both phases, two of ours."""

    def read(row: Row) -> Point | None:
        if row["phase"] != phase:
            return None
        point = ints(row, b="batch_size", s="seq_len", **{column: column for column in key})
        return point | {"kernel_source": row["kernel_source"]}

    def call(db: Any, common: Any, p: Point, mode: Any) -> Any:
        query = getattr(db, f"query_{name}")
        return query(phase, p["kernel_source"], p["b"], p["s"], *(p[column] for column in key))

    return Replay(
        name=f"{name}, {phase}",
        file=f"{name}_perf",
        query=f"query_{phase}_replay_{name}",
        call=call,
        read=read,
        keys=lambda table, p: [p["kernel_source"], phase, _configuration(table, p, phase, key)],
        axes=("b", "s") if phase == "context" else ("b",),
        attribute=f"_{name}_data",
        releases=dict.fromkeys(releases, name),
        rules=rules,
        own_modes=False,
        op=f"replay_{name}",
    )


REPLAYS = (
    _scale("compute_scale", "computescale_perf"),
    _scale("scale_matrix", "scale_matrix_perf"),
    MLA_BMM,
    CONTEXT_MLA,
    GENERATION_MLA,
    CONTEXT_ATTENTION,
    CONTEXT_DSA,
    GENERATION_DSA,
    WIDEEP_CONTEXT,
    WIDEEP_GENERATION,
    DEEPEP_LL,
    _state("mamba2", MAMBA2_KEY, "context", ("0.7.0", "0.8.0"), ("SOL is a memory op", "measured lines")),
    _state("mamba2", MAMBA2_KEY, "generation", ("0.7.0", "0.8.0"), ("T1 lost rows", "T1 and T7", "SOL is a memory op")),
    _state("gdn", GDN_KEY, "context", ("0.8.0",), ("measured lines",)),
    _state("gdn", GDN_KEY, "generation", ("0.8.0",), ("T7 energy of a line",)),
)
BY_NAME = {replay.name: replay for replay in REPLAYS}
RELEASES = ("0.6.0", "0.7.0", "0.8.0")
