"""Made-up tables in the shapes of real collectors, each with what its author meant, against the spec that init drafts.

    make tables [ARGS="--count 300 --seed 1 --show"]

A draft is *right* when every row that its author meant is answered with its own latency, by the axes that were meant;
*asked* or *refused* when init says so and writes nothing; *silently wrong* otherwise. Table and spec are read here by
`csv`, `yaml` and Python's own expressions, apart from the tool's code.
"""

from __future__ import annotations

import argparse
import collections
import csv
import functools
import itertools
import math
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MOST_ASKED = 0.15
"""Share of tables that may be asked about or refused."""
BESIDE = ("timestamp", "power", "bandwidth_gbps", "gpu_temp", "row_id")
"""Columns that say nothing about which point a row is."""
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}

Row = dict[str, Any]
Answer = tuple[Mapping[str, str], float] | None


@dataclass
class Meant:
    """What the author of a table means. `axes` are the columns of the run-time sizes, `latency` a column and its unit;
    `keeps` tells which rows are the op's."""

    axes: frozenset[str]
    latency: str = "latency"
    unit: str = "ms"
    keeps: Callable[[Row], bool] = lambda row: True


@dataclass
class Shape:
    """Levels of a full grid (column: values), and columns that are made of a row."""

    levels: dict[str, Sequence[Any]]
    meant: Meant
    made: dict[str, Callable[[Row, int], Any]] = field(default_factory=dict)
    ragged: float = 0.0
    repeats: float = 0.0
    costs: tuple[str, ...] = ()
    """Columns that change the latency beside the numbers; texts do by their place in `levels`."""
    order: tuple[str, ...] = ()


TOKENS = [1, 2, 4, 8, 16, 64, 256, 1024, 4096]
HIDDEN = [1024, 2048, 4096, 5120, 7168, 8192]
BATCH = [1, 2, 4, 8, 16, 64]
LENGTH = [128, 512, 1024, 4096, 16384]
DTYPES = ["bfloat16", "fp8", "nvfp4"]


def some(rng: random.Random, values: Sequence[Any], least: int = 2) -> list[Any]:
    return sorted(rng.sample(list(values), rng.randint(min(least, len(values)), len(values))), key=list(values).index)


def rows_of(shape: Shape, rng: random.Random) -> list[Row]:
    """The table. Each combination of texts costs a factor of its own: a row that stands in for another shows."""
    factors: dict[tuple[Any, ...], float] = {}
    rows: list[Row] = []
    texts = [c for c, values in shape.levels.items() if isinstance(values[0], str)]
    for cells in itertools.product(*shape.levels.values()):
        row: Row = dict(zip(shape.levels, cells))
        if rng.random() < shape.ragged:
            continue
        key = tuple(row[c] for c in (*texts, *shape.costs))
        factor = factors.setdefault(key, 1 + 0.37 * len(factors))
        sizes = math.prod(v for v in cells if isinstance(v, int) and v > 0)
        time = factor * (0.004 + sizes**0.6 * 1e-5) / MILLISECONDS[shape.meant.unit]
        for again in range(2 if rng.random() < shape.repeats else 1):
            one = {**row, shape.meant.latency: f"{time * (1 + 0.01 * again):.9g}"}
            rows.append(one)
    for number, row in enumerate(rows):
        for column, make in shape.made.items():
            row[column] = make(row, number)
    if shape.order:
        rows = [{c: row[c] for c in (*shape.order, *(c for c in row if c not in shape.order))} for row in rows]
    return rows


def provenance(rng: random.Random) -> dict[str, Callable[[Row, int], Any]]:
    device, version = rng.choice(["NVIDIA H200", "NVIDIA B200"]), rng.choice(["1.2.0rc5", "0.5.10"])
    return {"framework": lambda r, n: "TRTLLM", "version": lambda r, n: version, "device": lambda r, n: device}


def shapes() -> dict[str, Callable[[random.Random], Shape]]:
    """By name, what draws a table of that shape."""
    x = frozenset({"num_tokens"})
    bs = frozenset({"batch_size", "isl"})

    def tokens(rng: random.Random, **levels: Sequence[Any]) -> dict[str, Sequence[Any]]:
        return {**levels, "num_tokens": some(rng, TOKENS, 4)}

    def batched(rng: random.Random, **levels: Sequence[Any]) -> dict[str, Sequence[Any]]:
        return {**levels, "batch_size": some(rng, BATCH, 3), "isl": some(rng, LENGTH, 3)}

    def named(name: str, unit: str) -> Callable[[random.Random], Shape]:
        return lambda rng: Shape(tokens(rng, hidden_size=some(rng, HIDDEN)), Meant(x, name, unit))

    def counter(rng: random.Random) -> Shape:
        return Shape(tokens(rng, hidden_size=some(rng, HIDDEN, 4)), Meant(x), {"row_id": lambda r, n: n})

    def only_counter(rng: random.Random) -> Shape:
        levels = {"ctx_tokens": [2**n for n in range(rng.randint(18, 24))]}
        made: dict[str, Callable[[Row, int], Any]] = {"counter_id": lambda r, n: 1000 + n}
        return Shape(levels, Meant(frozenset({"ctx_tokens"}), "latency_ms"), made, order=("counter_id",))

    def heads(rng: random.Random) -> Shape:
        total = rng.choice([64, 128])
        made: dict[str, Callable[[Row, int], Any]] = {"tp_size": lambda r, n: total // r["num_heads"]}
        return Shape(batched(rng, num_heads=some(rng, [8, 16, 32, 64])), Meant(bs), made)

    def native_and_local(rng: random.Random) -> Shape:
        levels = batched(rng, num_heads=[64], tp_size=some(rng, [1, 2, 4, 8]))
        return Shape(levels, Meant(bs), costs=("tp_size",))

    def partly_shared(rng: random.Random) -> Shape:
        shape = Shape(tokens(rng, op_name=["dispatch", "combine"], hidden_size=HIDDEN), Meant(x))
        keep = set(rng.sample(HIDDEN, 2))
        shape.meant.keeps = lambda row: True
        shape.made["_gone"] = lambda r, n: r["op_name"] == "combine" and r["hidden_size"] not in keep
        return shape

    def model(rng: random.Random) -> Shape:
        return Shape(batched(rng, model=["a/V3", "b/V3.2", "c/5"], num_heads=[16, 32]), Meant(bs), provenance(rng))

    def two_devices(rng: random.Random) -> Shape:
        return Shape(tokens(rng, device=["NVIDIA H200", "NVIDIA B200"], hidden_size=some(rng, HIDDEN)), Meant(x))

    def runs(rng: random.Random) -> Shape:
        made: dict[str, Callable[[Row, int], Any]] = {"timestamp": lambda r, n: f"2026-01-{n:05}"}
        return Shape(tokens(rng, hidden_size=some(rng, HIDDEN)), Meant(x), made, repeats=0.2)

    def measured(rng: random.Random) -> Shape:
        made: dict[str, Callable[[Row, int], Any]] = {
            "power": lambda r, n: f"{300 + n % 97}.5",
            "bandwidth_gbps": lambda r, n: f"{rng.uniform(10, 900):.3f}",
            "gpu_temp": lambda r, n: 40 + n % 30,
        }
        return Shape(tokens(rng, hidden_size=some(rng, HIDDEN)), Meant(x), made, repeats=0.1)

    def gaps(rng: random.Random) -> Shape:
        made: dict[str, Callable[[Row, int], Any]] = {
            "power": lambda r, n: "" if n == 3 else "400.5",
            "power_limit": lambda r, n: "" if n == 3 else "700.0",
        }
        return Shape(tokens(rng, hidden_size=some(rng, HIDDEN, 4)), Meant(x), made)

    def prefix(rng: random.Random) -> Shape:
        meant = Meant(bs, keeps=lambda row: row["step"] == 0)
        return Shape(batched(rng, num_heads=[8, 16], step=[0, 1024, 4096]), meant, costs=("step",))

    def decode(rng: random.Random) -> Shape:
        levels = {"num_heads": some(rng, [8, 16, 32]), "batch_size": BATCH, "isl": [1], "step": LENGTH}
        return Shape(levels, Meant(frozenset({"batch_size", "isl", "step"})))

    def phases(rng: random.Random, *more: str) -> Shape:
        levels = batched(rng, phase=["context", "generation", *more], num_heads=[8, 16])
        meant = Meant(bs, keeps=lambda row: row["phase"] in ("context", "generation"))
        return Shape(levels, meant)

    def many(rng: random.Random) -> Shape:
        names = ["layout", "mode_a", "mode_b", "fusion", "variant", "backend_kind", "act", "norm", "scheme", "router"]
        levels: dict[str, Sequence[Any]] = {n: ["p", "q"] if n in names[:3] else ["only"] for n in names}
        return Shape(tokens(rng, **levels), Meant(x))

    def unnamed(rng: random.Random) -> Shape:
        return Shape({"topk": [2, 4, 8], "Num Tokens": some(rng, TOKENS, 4)}, Meant(frozenset({"Num Tokens"})))

    def spelled(rng: random.Random) -> Shape:
        return Shape(tokens(rng, gemm_dtype=["bf16", "bfloat16", "fp8"], hidden_size=some(rng, HIDDEN)), Meant(x))

    def unsure_axis(rng: random.Random) -> Shape:
        return Shape({"alpha_size": [2, 4, 8, 16], "beta_size": [3, 9, 27]}, Meant(frozenset({"alpha_size"})))

    return {
        "tokens": lambda rng: Shape(tokens(rng, hidden_size=some(rng, HIDDEN)), Meant(x), provenance(rng)),
        "gemm": lambda rng: Shape({"gemm_dtype": some(rng, DTYPES), "n": HIDDEN, "k": HIDDEN, "m": TOKENS},
                                  Meant(frozenset({"m"})), ragged=rng.choice([0, 0.2])),
        "attention": lambda rng: Shape(batched(rng, kv_cache_dtype=DTYPES[:2], num_heads=[8, 16]), Meant(bs)),
        "ragged attention": lambda rng: Shape(batched(rng, num_heads=[8, 16, 32]), Meant(bs), ragged=0.3),
        "kernels": lambda rng: Shape(tokens(rng, kernel_source=["k1", "k2", "k3"], hidden_size=[64, 128]), Meant(x)),
        "all to all": lambda rng: Shape(tokens(rng, op_name=["dispatch", "combine"], kernel_source=["nvl", "rdma"],
                                               ep_size=[4, 8]), Meant(x)),
        "op names": lambda rng: Shape(tokens(rng, op_name=["dispatch", "combine"], hidden_size=HIDDEN), Meant(x)),
        "op names on some sizes": partly_shared,
        "heads beside tp": heads,
        "local heads by tp": native_and_local,
        "models": model,
        "architectures alike": lambda rng: Shape(tokens(rng, hidden_size=HIDDEN), Meant(x),
                                                 {"architecture": lambda r, n: "A" if n % 2 else "B"}),
        "two devices": two_devices,
        "measured again": runs,
        "measured along": measured,
        "power gaps": gaps,
        "a prefix": prefix,
        "decode steps": decode,
        "phase column": lambda rng: phases(rng),
        "a third phase": lambda rng: phases(rng, "verify"),
        "a counter": counter,
        "only a counter beside": only_counter,
        "many texts": many,
        "a name with a space": unnamed,
        "two spellings": spelled,
        "duration_us": named("duration_us", "us"),
        "avg_duration_ns": named("avg_duration_ns", "ns"),
        "elapsedMs": named("elapsedMs", "ms"),
        "median_time_s": named("median_time_s", "s"),
        "no axis is named": unsure_axis,
    }  # fmt: skip


def write(rows: Sequence[Row], path: Path) -> list[Row]:
    """The table as a file, and its rows with cells of text."""
    rows = [{c: str(v) for c, v in row.items() if c != "_gone"} for row in rows if not row.get("_gone")]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return rows


class Expression:
    """A column expression or row condition, by Python's own rules."""

    def __init__(self, text: str) -> None:
        self.code = compile(str(text), "spec", "eval")
        self.names = self.code.co_names

    def of(self, row: Mapping[str, str]) -> Any:
        return eval(self.code, {"__builtins__": {}}, {n: _number(row[n]) for n in self.names if n in row})


@functools.cache
def _expression(text: str) -> Expression:
    return Expression(text)


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def kept(spec: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[Mapping[str, str], Answer]]:
    """Each row with the row that a query for it is answered from, and that one's latency (ms); None where there is
    none."""
    said = spec["phases"]
    column, values = said.get("column"), said.get("values", {})
    first: dict[tuple[Any, ...], tuple[Mapping[str, str], float]] = {}
    for row in rows:
        phase = next((p for p in said["used"] if row[column] == values.get(p, p)), None) if column else said["used"][0]
        nesting = spec["nesting"].get(phase, spec["nesting"]) if phase else None
        if nesting is None or (nesting.get("rows") and not _expression(nesting["rows"]).of(row)):
            yield row, None
            continue
        point: list[Any] = [phase]
        for key in nesting.get("keys", ()):
            names = key.get("params") or [key["param"]]
            columns = key.get("columns") or ([key["column"]] if "column" in key else names)
            point += [key.get("alias", {}).get(row[c], row[c]) if c in row else _expression(c).of(row) for c in columns]
        point += [_expression(axis.get("column", axis["axis"])).of(row) for axis in nesting["axes"]]
        yield row, first.setdefault(tuple(point), (row, latency_of(nesting, row)))


def latency_of(nesting: Mapping[str, Any], row: Mapping[str, str]) -> float:
    """A row's own latency (ms), as a nesting reads it."""
    latency = nesting.get("latency", {})
    return float(_expression(latency.get("column", "latency")).of(row)) * MILLISECONDS[latency.get("unit", "ms")]


def nestings_of(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [n for n in (spec["nesting"].get(p) for p in spec["phases"]["used"]) if n] or [spec["nesting"]]


def judged(text: str, rows: Sequence[Row], meant: Meant) -> str:
    """What is wrong with a drafted spec, or ""."""
    spec = yaml.safe_load(text)
    for nesting in nestings_of(spec):
        read = {name for axis in nesting["axes"] for name in _expression(axis.get("column", axis["axis"])).names}
        if not read <= meant.axes:
            return f"axes {sorted(read)}, meant {sorted(meant.axes)}"
    seen: dict[tuple[str, ...], float] = {}
    told = [
        c for c in rows[0] if c not in (meant.latency, "timestamp", "power", "bandwidth_gbps", "gpu_temp", "row_id")
    ]
    for row, answer in kept(spec, rows):
        got = answer[1] if answer else None
        own = float(row[meant.latency]) * MILLISECONDS[meant.unit]
        own = seen.setdefault(tuple(row[c] for c in told), own)  # measured again: the first counts
        if meant.keeps({c: _number(v) for c, v in row.items()}) and (got is None or not math.isclose(got, own)):
            return f"a row of {own:g} ms is answered with {got}"
    return ""


def main() -> int:
    from newop_gen.init.choices import Choices
    from newop_gen.init.start import from_tables
    from newop_gen.init.where import Where
    from newop_gen.problems import SpecError

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="tables, drawn evenly from the shapes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what became of each table that is not right")
    options = parser.parse_args()
    makers = shapes()
    counts: collections.Counter[str] = collections.Counter()
    by_shape: dict[str, collections.Counter[str]] = {name: collections.Counter() for name in makers}
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, maker) in zip(range(options.count), itertools.cycle(makers.items())):
            rng = random.Random(f"{options.seed}.{number}")
            shape = maker(rng)
            path = Path(folder) / f"t{number}_perf.csv"
            rows = write(rows_of(shape, rng), path)
            choices = Choices(phase="generation") if name == "decode steps" else Choices()
            try:
                started = from_tables([path], choices, op="", where=Where(), systems=["h200_sxm"], below=path.parent)
                wrong = judged(started.text, rows, shape.meant)
                verdict = "silently wrong" if wrong else "right"
            except SpecError as error:
                wrong = str(error.problems[0])
                verdict = "asked" if error.problems[0].code == "init-undecided" else "refused"
            counts[verdict] += 1
            by_shape[name][verdict] += 1
            if wrong and options.show:
                print(f"{name}: {verdict}: {wrong}")
    for name, found in by_shape.items():
        print(f"{name:24}", ", ".join(f"{n} {verdict}" for verdict, n in found.items()))
    asked = counts["asked"] + counts["refused"]
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("right", "asked", "refused", "silently wrong"))
    print(f"{options.count} tables of {len(makers)} shapes, seed {options.seed}: {said}")
    return int(bool(counts["silently wrong"]) or asked > MOST_ASKED * options.count)


if __name__ == "__main__":
    sys.exit(main())
