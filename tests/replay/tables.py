"""Small system roots with one table under two names, and the databases of a release on them.

A *variant* is how a root differs from the real data: with a made-up power column, without repeated rows, and so on. A
deliberate difference is explained by a variant in which upstream's defect cannot show: there both sides agree.

Runs inside a release.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import gc
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .kinds import Replay, Row
from .points import frozen

POWER = "power"


@dataclass(frozen=True)
class Variant:
    """What is changed. All but `power` and `peaks` concerns upstream's table alone."""

    power: bool = False  # a made-up power column
    peaks: bool = False  # the system's figures for fp8 and fp4 are 2 and 4 times the 16-bit one
    empty: bool = False  # no table
    first_only: bool = False  # rows that repeat a point are left out
    energy: bool = False  # the latency columns hold energy, latency times power
    filled: bool = False  # in memory: points that were filled in get the energy that they lack
    restored: bool = False  # in memory: rows that the loader lost are put in
    rising: bool = False  # in memory: grids are filled in upwards
    exact: bool = False  # asked with a solver of cubic surfaces that goes on to the last digit
    alone: bool = False  # in memory: no table lends its utilisation to another

    def but(self, **changes: bool) -> Variant:
        return replace(self, **changes)


@dataclass
class Tables:
    """One real table, and databases on variants of it."""

    replay: Replay
    systems: Path
    system: str
    backend: str
    version: str

    def __post_init__(self) -> None:
        import yaml

        self.spec = yaml.safe_load((self.systems / f"{self.system}.yaml").read_text(encoding="utf-8"))
        self.path = next(self._directory(self.systems).glob(f"{self.replay.file}.*"))
        self.rows = read_rows(self.path)
        self._databases: dict[Variant, Any] = {}
        self._scratch = Path(tempfile.mkdtemp(prefix="replay-"))

    def close(self) -> None:
        self.forget()
        shutil.rmtree(self._scratch)

    def forget(self) -> None:
        """Let go of all databases; those of the longest tables fill gigabytes. They are opened again when asked for."""
        self._databases.clear()
        with contextlib.suppress(ImportError):  # 0.10 keeps tables, and what it makes of them, for all databases
            from aiconfigurator.sdk.operations import clear_all_op_caches

            clear_all_op_caches()
        gc.collect()

    def _directory(self, root: Path) -> Path:
        return root / self.spec["data_dir"] / self.backend / self.version

    def database(self, variant: Variant) -> Any:
        """A database of the release on the variant, opened at the first call."""
        if variant not in self._databases:
            from aiconfigurator.sdk.perf_database import PerfDatabase

            root = self._root(variant)
            with filling_upwards() if variant.rising else contextlib.nullcontext():
                database = PerfDatabase(self.system, self.backend, self.version, str(root))
                load_all(database)
            if variant.alone:
                database.set_transfer_policy(())
            if variant.restored:
                self._restore(database, variant)
            if variant.filled:
                fill(getattr(database, self.replay.attribute))
            self._databases[variant] = database
        return self._databases[variant]

    def _root(self, variant: Variant) -> Path:
        import yaml

        root = Path(tempfile.mkdtemp(prefix="root-", dir=self._scratch))
        data = self._directory(root)
        data.mkdir(parents=True)
        spec = self.spec
        if variant.peaks:
            spec = {**spec, "gpu": {**spec["gpu"], **even_peaks(spec["gpu"])}}
        (root / f"{self.system}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        if variant.empty:
            return root
        for name, own in ((self.replay.file, False), (self.replay.own_file, True)):
            rows = self.variant_rows(variant, own=own)
            if rows is self.rows:
                shutil.copyfile(self.path, data / f"{name}{self.path.suffix}")
                continue
            # Releases that keep parquet read such a file as well, where there is no other.
            with (data / f"{name}.txt").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        return root

    def variant_rows(self, variant: Variant, *, own: bool) -> list[Row]:
        rows = self.rows
        if variant.power:
            rows = [{**row, POWER: str(200 + number * 37 % 500)} for number, row in enumerate(rows)]
        if own:
            return rows
        if variant.first_only:
            first: dict[object, Row] = {}
            for row in rows:
                point = self.replay.read(row)
                first.setdefault(frozen(point) if point else id(row), row)
            rows = list(first.values())
        if variant.energy:
            rows = [
                {**row, **{c: repr(float(row[c]) * float(row[POWER])) for c in self.replay.latency}} for row in rows
            ]
        return rows

    def _restore(self, database: Any, variant: Variant) -> None:
        """Rows of the file that upstream's table has no measurement for, put in where the loader would have."""
        table = getattr(database, self.replay.attribute)
        for row in self.variant_rows(variant, own=False):
            point = self.replay.read(row)
            if point is None:
                continue
            *path, last = [*self.replay.keys(table, point), *(point[a] for a in self.replay.axes)]
            node = table
            for key in path:
                node = node.setdefault(key, {})
            if not node.get(last):
                latency, power = float(row["latency"]), float(row.get(POWER, 0.0))
                node[last] = {"latency": latency, "power": power, "energy": latency * power}


@contextlib.contextmanager
def solving_exactly() -> Iterator[None]:
    """scipy estimates the slopes of a cubic surface in steps, until they change by less than 1e-6; in here it goes on."""
    from scipy import interpolate

    module = sys.modules[interpolate.griddata.__module__]
    original = module.CloughTocher2DInterpolator
    module.CloughTocher2DInterpolator = functools.partial(original, tol=1e-15, maxiter=100_000)
    try:
        yield
    finally:
        module.CloughTocher2DInterpolator = original


def read_rows(path: Path) -> list[Row]:
    """Rows of a table, values as text."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        rows = pyarrow.parquet.read_table(path).to_pylist()
        return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def load_all(database: Any) -> None:
    """From 0.10 on tables are loaded when first asked for; rules look at them earlier."""
    with contextlib.suppress(ImportError):
        from aiconfigurator.sdk.operations import warm_all_op_data

        warm_all_op_data(database)


@contextlib.contextmanager
def filling_upwards() -> Iterator[None]:
    """Databases that are made in here fill in their grids from small values to large ones."""
    from aiconfigurator.sdk.perf_database import PerfDatabase

    home, name = PerfDatabase, "_extrapolate_data_grid"
    if not hasattr(home, name):
        from aiconfigurator.sdk import interpolation

        home, name = interpolation, "extrapolate_data_grid"
    original = getattr(home, name)

    def fill_in(*data: Any, target_x_list: Any, target_y_list: Any, target_z_list: Any, **more: Any) -> None:
        targets = {"target_x_list": target_x_list, "target_y_list": target_y_list, "target_z_list": target_z_list}
        original(*data, **{axis: sorted(values) for axis, values in targets.items()}, **more)

    setattr(home, name, fill_in)
    try:
        yield
    finally:
        setattr(home, name, original)


def even_peaks(gpu: dict[str, Any]) -> dict[str, Any]:
    """Figures for fp8 and fp4, where the system has them, that are the 16-bit one times the compute factor."""
    keys = {"fp8_tc_flops": 2, "fp4_tc_flops": 4}
    sixteen = gpu["float16_tc_flops" if "float16_tc_flops" in gpu else "bfloat16_tc_flops"]
    return {key: sixteen * factor for key, factor in keys.items() if key in gpu}


def leaves(node: Any) -> list[dict[str, float]]:
    """The measurements below a node of a table."""
    if not hasattr(node, "values"):
        return []
    if "latency" in node:
        return [node]
    return [leaf for below in node.values() for leaf in leaves(below)]


def fill(table: Any) -> None:
    for leaf in leaves(table):
        leaf.setdefault("energy", leaf["power"] * leaf["latency"])


def outcome(call: Callable[[], Any]) -> Outcome:
    """What a query gave."""
    try:
        answer = call()
    except Exception as error:
        return Outcome(error=type(error).__name__)
    if isinstance(answer, tuple):
        return Outcome(tuple(map(float, answer)))
    return Outcome((float(answer),), float(answer.energy))


@dataclass(frozen=True)
class Outcome:
    """An answer in ms (three of them from SOL_FULL) with its energy in W*ms, or the class of an exception."""

    values: tuple[float, ...] = ()
    energy: float = 0.0
    error: str = ""

    def same(self, other: Outcome, *, energy: bool = False) -> bool:
        """Both are values, the same within 1e-12; with `energy` that as well."""
        if self.error or other.error or len(self.values) != len(other.values):
            return False
        pairs = [*zip(self.values, other.values), *([(self.energy, other.energy)] if energy else [])]
        return all(abs(a - b) <= 1e-12 * max(abs(a), abs(b)) for a, b in pairs)

    def __str__(self) -> str:
        return self.error or f"{', '.join(map(repr, self.values))} ms, {self.energy!r} W*ms"
