"""Replays of latent attention: the kernels, the blocks, and those of wide expert parallelism.

Only the standard library is imported here: the module runs inside a release as well.
"""

from __future__ import annotations

from typing import Any

from .kinds import CONTEXT_RULES, FMHA, GEMM, HEADS_OF_128, KV, OWNED, RELEASES, TP_QUANTS, Point, Replay, Row, ints

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
    releases=dict.fromkeys(RELEASES, "context_mla"),
    quants=TP_QUANTS,
    prefix="quadratic",
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
    releases=dict.fromkeys(RELEASES, "generation_mla"),
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
    releases=dict.fromkeys(RELEASES, "mla_bmm"),
    quants={"quant_mode": GEMM},
    choices={"stage": ("mla_gen_pre", "mla_gen_post")},
    rules=("structured miss", "peak figure", "not a time", "T7 energy of a line", "mode of the samples"),
)


def _supported(p: Point) -> str | None:
    """Upstream's queries refuse other backends, also where the table has them."""
    return p["attention_backend"] if p["attention_backend"] in ("flashinfer", "fa3") else None


WIDEEP_SPECS = {"0.6.0": "_0_6", "0.7.0": "_0_6", "0.8.0": "", "0.10.0": ""}

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
    prefix="quadratic",
    rules=(*CONTEXT_RULES, "refused backend"),
    answered=lambda p: _supported(p) is not None,
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
    rules=(*CONTEXT_RULES, "refused backend", "stale utilisation"),
    answered=lambda p: _supported(p) is not None,
)


def _module(row: Row) -> Point:
    point = ints(row, b="batch_size", num_heads="num_heads")
    return point | {"fmha_quant_mode": row["mla_dtype"], "gemm_quant_mode": row["gemm_type"]}


CONTEXT_MODULE = Replay(
    name="context_mla_module",
    file="mla_context_module_perf",
    query="query_replay_context_mla_module",
    call=lambda db, c, p, mode: db.query_context_mla_module(
        p["b"],
        p["s"],
        p["prefix"],
        p["num_heads"],
        p["kvcache_quant_mode"],
        p["fmha_quant_mode"],
        p["gemm_quant_mode"],
        mode,
    ),
    read=lambda r: _module(r) | {"s": int(r["isl"]), "prefix": 0, "kvcache_quant_mode": r["kv_cache_dtype"]},
    keys=lambda table, p: [p["fmha_quant_mode"], p["kvcache_quant_mode"], p["gemm_quant_mode"]],
    axes=("num_heads", "s", "b"),
    attribute="_context_mla_module_data",
    releases=dict.fromkeys(OWNED, "context_mla_module"),
    quants={**TP_QUANTS, "gemm_quant_mode": GEMM},
    prefix="quadratic",
    rules=("T13 last row", "T13 and peak figure", *CONTEXT_RULES),
)

GENERATION_MODULE = Replay(
    name="generation_mla_module",
    file="mla_generation_module_perf",
    query="query_replay_generation_mla_module",
    call=lambda db, c, p, mode: db.query_generation_mla_module(
        p["b"], p["s"], p["num_heads"], p["kv_cache_dtype"], p["fmha_quant_mode"], p["gemm_quant_mode"], mode
    ),
    read=lambda r: _module(r) | {"s": int(r["isl"]) + int(r["step"]), "kv_cache_dtype": r["kv_cache_dtype"]},
    keys=lambda table, p: [p["fmha_quant_mode"], p["kv_cache_dtype"], p["gemm_quant_mode"]],
    axes=("num_heads", "b", "s"),
    attribute="_generation_mla_module_data",
    releases=dict.fromkeys(OWNED, "generation_mla_module"),
    quants={"fmha_quant_mode": FMHA, "kv_cache_dtype": KV, "gemm_quant_mode": GEMM},
    rules=("T13 last row", "T13 and peak figure", *CONTEXT_RULES),
)
