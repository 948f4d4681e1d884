"""Writes the perf tables of the example specs. Every number is made up: SOL at an assumed efficiency plus a launch.

    python scripts/example_tables.py [DIR]

The tables are committed; a test holds them to this script.
"""

from __future__ import annotations

import csv
import io
import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

PEAK = 989e12  # FLOPS of 16-bit arithmetic
BANDWIDTH = 4.8e12  # bytes/s
LAUNCH = 0.002  # ms
PROVENANCE = ("framework", "version", "device", "op_name", "kernel_source")
MADE_UP = ("SYNTHETIC", "0", "SYNTHETIC (no hardware)")

Row = dict[str, object]


def latency(flops: float, moved: float, n: int) -> str:
    """A made-up latency in ms: 60 % of the roofline, a launch, and a ripple so that no two rows are in line."""
    sol = max(flops / PEAK, moved / BANDWIDTH) * 1000
    return f"{(sol / 0.6 + LAUNCH) * (1 + 0.01 * ((n * 7) % 5 - 2)):.9g}"


def rows(op: str, kernel: str, cells: Iterable[Row]) -> Iterator[Row]:
    for cell in cells:
        yield dict(zip(PROVENANCE, (*MADE_UP, op, cell.pop("kernel_source", kernel))), **cell)


def new_op(phase: str) -> Iterator[Row]:
    sizes = [(3584, 18944), (3584, 9472), (64, 32)]
    batches = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    lengths = [1, 128, 512, 1024, 2048, 4096, 8192, 16384, 32768]
    for n, ((p1, p2), b, s) in enumerate(itertools.product(sizes, batches, lengths)):
        tokens = b * s if phase == "context" else b
        moved = 2 * tokens * (p1 + p2) + (0 if phase == "context" else 2 * b * s * p1)
        yield dict(param1=p1, param2=p2, batch_size=b, seq_len=s, latency=latency(2 * tokens * p1 * p2, moved, n))


def new_op_tokens() -> Iterator[Row]:
    sizes = [(3584, 18944), (3584, 9472), (64, 32)]
    for n, ((p1, p2), x) in enumerate(itertools.product(sizes, [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536])):
        yield dict(
            param1=p1, param2=p2, num_tokens=x, latency=latency(2 * x * p1 * p2, 2 * (x * (p1 + p2) + p1 * p2), n)
        )


def latent_context() -> Iterator[Row]:
    grid = itertools.product(["bfloat16", "fp8"], ["bfloat16", "fp8"], [16, 64], [1, 128, 1024, 8192], [1, 4, 16])
    for n, (attn, kv, h, s, b) in enumerate(grid):
        flops = b * h * 320 * s * s / (2 if attn == "fp8" else 1)
        moved = b * h * s * 320 * (3 if kv == "fp8" else 4)
        yield dict(
            attn_dtype=attn, kv_cache_dtype=kv, num_heads=h, isl=s, batch_size=b, latency=latency(flops, moved, n)
        )


def latent_generation() -> Iterator[Row]:
    grid = itertools.product(["bfloat16", "fp8"], [16, 64], [1, 8, 64, 512], [1, 127, 1023, 8191, 65535])
    for n, (kv, h, b, step) in enumerate(grid):
        s = 1 + step
        width = 1 if kv == "fp8" else 2
        moved = b * (h * 1088 * 2 + (s - 1) * 576 * width)
        yield dict(
            kv_cache_dtype=kv,
            num_heads=h,
            batch_size=b,
            isl=1,
            step=step,
            latency=latency(2 * b * h * 1088 * s, moved, n),
        )


def state_scan() -> Iterator[Row]:
    size = dict(d_model=8192, num_heads=128, state=128)
    kernels = ["chunked_scan", "fused_scan"]
    for n, (kernel, b, s) in enumerate(itertools.product(kernels, [1, 4, 16], [64, 1024, 8192])):
        time = latency(4 * b * s * 128 * 128, 2 * 2 * b * s * 8192, n)
        yield dict(kernel_source=kernel, phase="prefill", **size, batch_size=b, seq_len=s, latency=time)
    for n, (kernel, b) in enumerate(itertools.product(kernels, [1, 4, 16, 64, 256])):
        time = latency(4 * b * 128 * 128, 2 * b * (8192 + 2 * 128 * 128), n)
        yield dict(kernel_source=kernel, phase="decode", **size, batch_size=b, seq_len=1, latency=time)


TABLES = {
    "new_op_context_perf.csv": lambda: rows("new_op", "synthetic", new_op("context")),
    "new_op_generation_perf.csv": lambda: rows("new_op", "synthetic", new_op("generation")),
    "new_op_tokens_perf.csv": lambda: rows("new_op_tokens", "synthetic", new_op_tokens()),
    "latent_attention_context_perf.csv": lambda: rows("latent_attention", "synthetic", latent_context()),
    "latent_attention_generation_perf.csv": lambda: rows("latent_attention", "synthetic", latent_generation()),
    "state_scan_perf.csv": lambda: rows("state_scan", "synthetic", state_scan()),
}


def text(name: str) -> str:
    """The table `name` as CSV."""
    table = list(TABLES[name]())
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "specs" / "data")
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        (folder / name).write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
