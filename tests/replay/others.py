"""Replays of ops that are not attention: scales of static fp8, state-space kernels, expert communication.

Only the standard library is imported here: the module runs inside a release as well.
"""

from __future__ import annotations

from typing import Any

from .kinds import GEMM, OWNED, RELEASES, Point, Replay, Row, ints


def _scale(name: str, file: str, *more: str) -> Replay:
    return Replay(
        name=name,
        file=file,
        query=f"query_replay_{name}",
        call=lambda db, c, p, mode: getattr(db, f"query_{name}")(p["x"], p["width"], p["quant_mode"], mode),
        read=lambda r: {"quant_mode": r["quant_dtype"], **ints(r, x="m", width="k")},
        keys=lambda table, p: [_static(p["quant_mode"])],
        axes=("x", "width"),
        attribute=f"_{name}_data",
        releases=dict.fromkeys(("0.7.0", "0.8.0", *OWNED), name),
        quants={"quant_mode": GEMM},
        rules=("structured miss", "measured lines", *more),
    )


def _static(quant: Any) -> Any:
    return type(quant).fp8 if quant.name == "fp8_static" else quant


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
    releases=dict.fromkeys(RELEASES, "wideep_deepep_ll"),
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


MHC = Replay(
    name="mhc_module",
    file="mhc_module_perf",
    query="query_replay_mhc_module",
    call=lambda db, c, p, mode: db.query_mhc_module(
        p["x"], p["hidden_size"], p["hc_mult"], p["sinkhorn_iters"], p["stage"], p["quant_mode"], mode
    ),
    read=lambda r: (
        ints(r, x="num_tokens", hidden_size="hidden_size", hc_mult="hc_mult")
        | {"sinkhorn_iters": 20, "stage": r["op_name"], "quant_mode": "bfloat16"}
    ),
    keys=lambda table, p: [p["stage"], p["hc_mult"], p["hidden_size"]],
    axes=("x",),
    attribute="_mhc_module_data",
    releases=dict.fromkeys(OWNED, "mhc_module"),
    quants={"quant_mode": GEMM},
    choices={"stage": ("pre", "post")},
    rules=("structured miss", "not a time", "T13 last row"),
)

SCALES = (
    _scale("compute_scale", "computescale_perf", "zero is a measurement"),
    _scale("scale_matrix", "scale_matrix_perf", "held utilisation"),
)
STATES = (
    _state("mamba2", MAMBA2_KEY, "context", ("0.7.0", "0.8.0", *OWNED), ("SOL is a memory op", "measured lines")),
    _state(
        "mamba2",
        MAMBA2_KEY,
        "generation",
        ("0.7.0", "0.8.0", *OWNED),
        ("T1 lost rows", "T1 and T7", "SOL is a memory op"),
    ),
    _state("gdn", GDN_KEY, "context", ("0.8.0", *OWNED), ("measured lines",)),
    _state("gdn", GDN_KEY, "generation", ("0.8.0", *OWNED), ("T7 energy of a line",)),
)
