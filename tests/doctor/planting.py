"""A sound op, written by hand under a name that nothing else has, and ways to get each of its parts wrong.

The op is put into a fixture as a contributor would put it there. Each trap is a small change of one part's text, so
that the sound op is the negative control of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NAME, CLASS = "kelp_stir", "KelpStir"

MEMBER = """\
    kelp_stir = "kelp_stir_perf.SUFFIX"
"""

READ_TEXT = """\
    if not os.path.exists(kelp_file):
        logger.debug("no kelp")
        return None
    with open(kelp_file, encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
"""

READ_SOURCES = """\
    rows = _read_filtered_rows(kelp_file)
    if rows is None:
        return None
"""

LOADER = """

def load_kelp_stir_data(kelp_file):
READ
    table = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: defaultdict())))
    for row in rows:
        tide, width = row["tide"], int(row["width"])
        b, s = int(row["batch_size"]), int(row["isl"])
        latency = float(row["latency"])
        power = float(row.get("power") or 0.0)
        leaf = {"latency": latency, "power": power, "energy": power * latency}
        try:
            table[tide][width][b][s]
        except KeyError:
            table[tide][width][b][s] = leaf
    return table
"""

GRID = """\
        if self._kelp_stir_data:
            for by_width in self._kelp_stir_data.values():
                self._extrapolate_data_grid(by_width, [8], [1, 2, 4], [16, 32])
                for leaf in (leaf for plane in by_width.values() for row in plane.values() for leaf in row.values()):
                    leaf.setdefault("energy", leaf["power"] * leaf["latency"])
"""

# `SELF` is `self` in the database class and `database` in a class that owns its table.
BODY = """\
        full = s + prefix

        def get_sol():
            flops = 2 * b * width * (full * full - prefix * prefix)
            sol_math = flops / SELF.system_spec["gpu"]["BITS_tc_flops"] * 1000
            sol_mem = 4 * b * full * width / SELF.system_spec["gpu"]["mem_bw"] * 1000
            return max(sol_math, sol_mem), sol_math, sol_mem

        def get_empirical():
            return get_sol()[0] / 0.7

        def get_silicon():
            table = SELF._kelp_stir_data
            below = table.get(tide, {}).get(width) if table else None
            if not below:
                raise PerfDataNotAvailableError("no kelp")
            result = LOOKUP
            return PerformanceResult(result["latency"], energy=result.get("energy", 0.0))

        if database_mode is None:
            database_mode = SELF._default_database_mode
        if database_mode == common.DatabaseMode.SOL:
            return PerformanceResult(get_sol()[0], energy=0.0SOL_TAG)
        elif database_mode == common.DatabaseMode.SOL_FULL:
            return get_sol()
        elif database_mode == common.DatabaseMode.EMPIRICAL:
            return PerformanceResult(get_empirical(), energy=0.0EMPIRICAL_TAG)
        try:
            return get_silicon()
        except PerfDataNotAvailableError:
            if database_mode == common.DatabaseMode.HYBRID:
                return PerformanceResult(get_empirical(), energy=0.0EMPIRICAL_TAG)
            raise
"""

QUERY = """
    @functools.lru_cache(maxsize=32768)
    def query_kelp_stir(
        self, b: int, s: int, prefix: int, tide: str, width: int, database_mode: common.DatabaseMode | None = None
    ):
"""

OPERATIONS = """

class ContextKelpStir(OperationBASE):
    def __init__(self, name: str, scale_factor: float, width: int) -> None:
        super().__init__(name, scale_factor)
        self._width = width

    def query(self, database, **kwargs):
        result = database.query_kelp_stir(
            b=kwargs["batch_size"], s=kwargs["s"], prefix=kwargs["prefix"], tide="ebb", width=self._width
        )
        return PerformanceResult(
            float(result) * self._scale_factor, energy=result.energy * self._scale_factorREBUILT_TAG
        )

    def get_weights(self, **kwargs):
        return 0.0


class GenerationKelpStir(OperationBASE):
    def __init__(self, name: str, scale_factor: float, width: int) -> None:
        super().__init__(name, scale_factor)
        self._width = width

    def query(self, database, **kwargs):
        if kwargs.get("beam_width") != 1:
            raise ValueError("one beam only")
        result = database.query_kelp_stir(b=kwargs["x"], s=kwargs["s"], prefix=0, tide="flow", width=self._width)
        return PerformanceResult(
            float(result) * self._scale_factor, energy=result.energy * self._scale_factorREBUILT_TAG
        )

    def get_weights(self, **kwargs):
        return 0.0
"""

MODEL = """

class KelpStirModel(BaseModel):
    def __init__(self, *args) -> None:
        super().__init__(*args)
        self._step_share = (self._nextn + self._num_layers) / self._num_layers / (1 + self._nextn)
        layers = self._num_layers * self._step_share
        self.context_ops.append(ops.ContextKelpStir("context_attention", self._num_layers, 8))
        self.generation_ops.extend(
            [
                ops.GenerationKelpStir("generation_attention", layers, 8),
                ops.P2P("kelp_send", layers, 8, 1),
            ]
        )

    def set_layers(self, layers) -> None:
        self._layers = layers
"""

OWNED = '''\
"""A table of an op of its own."""

from __future__ import annotations

import csv
import logging
import os
from collections import defaultdict
from typing import ClassVar

from PACKAGE import common
from PACKAGE.errors import PerfDataNotAvailableError
from PACKAGE.operations.base import Operation, _read_filtered_rows
from PACKAGE.performance_result import PerformanceResult

logger = logging.getLogger(__name__)
LOADER

class _KelpTable(Operation):
    _data_cache: ClassVar[dict] = {}

    @classmethod
    def load_data(cls, database) -> None:
        from PACKAGE.perf_database import LoadedOpData, PerfDataFilename

        key = (database.systems_root, database.system, database.backend, database.version)
        if key not in cls._data_cache:
            root = os.path.join(database.systems_root, database.system_spec["data_dir"])
            path = os.path.join(root, database.backend, database.version, PerfDataFilename.kelp_stir.value)
            sources = database._build_op_sources(PerfDataFilename.kelp_stir, path, root)
            cls._data_cache[key] = LoadedOpData(load_kelp_stir_data(sources), PerfDataFilename.kelp_stir, path)
        database._kelp_stir_data = cls._data_cache[key]

    @classmethod
    def _query_kelp_stir_table(cls, database, b, s, prefix, tide, width, database_mode=None):
        cls.load_data(database)
BODYOPERATIONS
'''

OWNED_QUERY = """
    @functools.lru_cache(maxsize=32768)
    def query_kelp_stir(self, b, s, prefix, tide, width, database_mode=None):
        from PACKAGE.operations.kelp_stir import _KelpTable

        return _KelpTable._query_kelp_stir_table(self, b, s, prefix, tide, width, database_mode)
"""

# Where models are handed to a compiled engine.
BRANCH = """\
    if isinstance(op, (ContextKelpStir, GenerationKelpStir)):
        return {"KelpStir": _plain(op)}
"""

PARTS = {
    "branch": BRANCH, "owned_query": OWNED_QUERY, "member": MEMBER, "loader": LOADER, "grid": GRID, "query": QUERY, "body": BODY, "operations": OPERATIONS, "model": MODEL,
    "request": "        self._kelp_stir_data = _load_op_data(PerfDataFilename.kelp_stir)\n",
    "map": "                PerfDataFilename.kelp_stir: load_kelp_stir_data,\n",
}  # fmt: skip


@dataclass(frozen=True)
class Trap:
    """One way to get it wrong: in `part`, `old` becomes `new`; `code` is what doctor calls it, in these fixtures."""

    code: str
    part: str
    old: str
    new: str
    fixtures: Sequence[str] = ("v0_8",)


def parts_with(trap: Trap | None) -> dict[str, str]:
    parts = dict(PARTS)
    if trap is not None:
        assert trap.old in parts[trap.part], f"{trap.code}: the text to change is not there"
        parts[trap.part] = parts[trap.part].replace(trap.old, trap.new)
    return parts


def plant(root: Path, trap: Trap | None = None) -> None:
    """Puts the op into a copy of a fixture, with the trap in it."""
    parts = parts_with(trap)
    if root.name in ("v0_10", "v0_11"):
        _plant_owned(root, parts)
    else:
        _plant_flat(root, parts)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(name, values[name])
    return text


def _values(root: Path, parts: Mapping[str, str]) -> dict[str, str]:
    number = int(root.name[3:])
    tagged = number >= 9
    return {
        "SELF": "self" if number < 10 else "database",
        "SUFFIX": "txt" if number < 10 else "parquet",
        "BITS": "float16" if number < 9 else "bfloat16",
        "SOL_TAG": ', source="sol"' if tagged else "",
        "EMPIRICAL_TAG": ', source="empirical"' if tagged else "",
        "REBUILT_TAG": ', source=getattr(result, "source", "silicon")' if tagged else "",
        "READ\n": READ_SOURCES if number >= 9 else READ_TEXT,
        "PACKAGE": "aiconfigurator_core.sdk" if number == 11 else "aiconfigurator.sdk",
        "OperationBASE": "Operation" if number < 10 else "_KelpTable",
        "LOOKUP": "self._interp_2d_linear(b, full, below)" if number < 10 else "below.get(b, {}).get(full, {})",
    }


def _plant_flat(root: Path, parts: Mapping[str, str]) -> None:
    values = _values(root, parts)
    sdk = root / "src" / "aiconfigurator" / "sdk"
    _insert(sdk / "common.py", _filled(parts["member"], values), after_last_of="class PerfDataFilename")
    database = sdk / "perf_database.py"
    text = database.read_text(encoding="utf-8")
    wrapped = "func_map = {\n" in text
    request = parts["request"]
    if wrapped:
        text = text.replace("func_map = {\n", "func_map = {\n" + parts["map"], 1)
    else:
        request = (
            "        self._kelp_stir_data = load_kelp_stir_data(\n"
            "            os.path.join(data_dir, common.PerfDataFilename.kelp_stir.value)\n        )\n"
        )
    first = text.index("        self._correct_data()")
    second = text.index("        self._correct_data()", first + 1)
    text = text[:first] + request + text[first:second] + parts["grid"] + text[second:]
    owner = text.index("\n\nclass LoadedOpData" if wrapped else "\n\nclass PerfDatabase")
    text = text[:owner] + _filled(parts["loader"], values).rstrip("\n") + "\n" + text[owner:]
    main = text.index('\n\nif __name__ == "__main__"')
    text = text[:main] + _filled(parts["query"] + parts["body"], values) + text[main:]
    database.write_text(text, encoding="utf-8")
    _append(sdk / "operations.py", _filled(parts["operations"], values))
    models = sdk / "models.py"
    _append(models if models.exists() else sdk / "models" / "deepseek.py", parts["model"])


def _plant_owned(root: Path, parts: Mapping[str, str]) -> None:
    values = _values(root, parts)
    sdk = root / "src" / "aiconfigurator" / "sdk"
    if root.name == "v0_11":
        sdk = root / "aic-core" / "src" / "aiconfigurator_core" / "sdk"
    _insert(sdk / "common.py", _filled(parts["member"], values), after_last_of="class PerfDataFilename")
    inner = {"LOADER": parts["loader"], "BODY": parts["body"], "OPERATIONS": parts["operations"]}
    text = _filled(_filled(OWNED, inner), values)
    (sdk / "operations" / "kelp_stir.py").write_text(text, encoding="utf-8")
    package = sdk / "operations" / "__init__.py"
    text = package.read_text(encoding="utf-8")
    line = _filled("from PACKAGE.operations.kelp_stir import ContextKelpStir, GenerationKelpStir\n", values)
    package.write_text(text.replace("\n__all__", f"\n{line}\n__all__", 1), encoding="utf-8")
    database = sdk / "perf_database.py"
    text = database.read_text(encoding="utf-8")
    main = text.index('\n\nif __name__ == "__main__"')
    database.write_text(text[:main] + _filled(parts["owned_query"], values) + text[main:], encoding="utf-8")
    engine = sdk / "engine.py"
    text = engine.read_text(encoding="utf-8")
    last = text.index("\n    raise OpConversionError(") + 1
    engine.write_text(text[:last] + parts["branch"] + text[last:], encoding="utf-8")
    _append(sdk / "models" / "deepseek.py", parts["model"])


def _insert(path: Path, inserted: str, *, after_last_of: str) -> None:
    text = path.read_text(encoding="utf-8")
    start = text.index(after_last_of)
    end = text.index("\n\n\n", start) + 1
    path.write_text(text[:end] + inserted + text[end:], encoding="utf-8")


def _append(path: Path, appended: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + appended, encoding="utf-8")
