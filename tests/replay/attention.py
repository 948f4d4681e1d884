"""Replays of attention with key-value heads and of sparse attention blocks.

Only the standard library is imported here: the module runs inside a release as well.
"""

from __future__ import annotations

from .kinds import CONTEXT_RULES, FMHA, GEMM, GRID_RULES, KV, OWNED, RELEASES, TP_QUANTS, Point, Replay, Row, ints


def _heads_of_attention(row: Row) -> Point:
    point = ints(row, b="batch_size", s="isl", num_heads="num_heads", num_kv_heads="num_key_value_heads")
    point |= {"head_size": int(row["head_dim"]), "window_size": int(row.get("window_size", 0)), "prefix": 0}
    return point | {"fmha_quant_mode": row["attn_dtype"], "kvcache_quant_mode": row["kv_cache_dtype"]}


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
    releases=dict.fromkeys(RELEASES, "context_attention"),
    quants=TP_QUANTS,
    prefix="quadratic",
    rules=(
        "more key-value heads",
        *CONTEXT_RULES,
        "grid order",
        "grid order and T7",
        "no key-value heads",
        "heads of the samples",
        "borrowed utilisation",
    ),
)

ENCODER_ATTENTION = Replay(
    name="encoder_attention",
    file="encoder_attention_perf",
    query="query_replay_encoder_attention",
    call=lambda db, c, p, mode: db.query_encoder_attention(
        p["b"], p["s"], p["num_heads"], p["head_size"], p["fmha_quant_mode"], mode
    ),
    read=lambda r: (
        ints(r, b="batch_size", s="isl", num_heads="num_heads", head_size="head_dim")
        | {"fmha_quant_mode": r["attn_dtype"]}
    ),
    keys=lambda table, p: [p["fmha_quant_mode"], p["head_size"]],
    axes=("num_heads", "s", "b"),
    attribute="_encoder_attention_data",
    releases=dict.fromkeys(OWNED, "encoder_attention"),
    quants={"fmha_quant_mode": FMHA},
    rules=(*CONTEXT_RULES, "grid order"),
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
    prefix="sol_ratio",
    rules=("T13 last row", "T13 and T7", *GRID_RULES),
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
    rules=("T13 last row", "T13 and T7", *GRID_RULES),
)
