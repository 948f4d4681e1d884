"""A small system of its own making: one GPU, the tables that a test wants, and a real `PerfDatabase` over them.

Opening a release's own tables takes 8 seconds; this takes milliseconds, and its numbers are the test's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from .releases import Release

SYSTEM, BACKEND, VERSION = "made_up", "trtllm", "1.0.0"


@dataclass(frozen=True)
class SystemRoot:
    """A `systems` directory with one system. `gpu` figures are those of a real one unless they are given."""

    directory: Path
    spec: Mapping[str, object]

    @classmethod
    def like(
        cls, release: Release, directory: Path, system: str = "h200_sxm", gpu: Mapping[str, float] | None = None
    ) -> SystemRoot:
        """A new root in `directory` whose one system has the figures of the release's `system` (its flops keys are
        named as in that release), with those in `gpu` put over them (None as a value takes a key out)."""
        spec = yaml.safe_load((release.systems / f"{system}.yaml").read_text(encoding="utf-8"))
        spec["data_dir"] = f"data/{SYSTEM}"
        for name, value in (gpu or {}).items():
            if value is None:
                spec["gpu"].pop(name, None)
            else:
                spec["gpu"][name] = value
        root = cls(directory, spec)
        root.data.mkdir(parents=True)
        (directory / f"{SYSTEM}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        return root

    @property
    def data(self) -> Path:
        """Where the tables of the one backend version belong."""
        return self.directory / "data" / SYSTEM / BACKEND / VERSION

    def table(self, filename: str, rows: Iterable[Mapping[str, object]]) -> Path:
        """Writes a measured table; every row has the same columns. A `.parquet` name is written when the database is
        opened, by the release's own interpreter, from the csv beside it."""
        rows = list(rows)
        path = self.data / (f"{filename}.csv" if filename.endswith(".parquet") else filename)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def opening(self, name: str = "db") -> str:
        """Code for `Release.run` that opens the database and binds it to `name`."""
        return f"{_OPEN}\n{name} = open_database({str(self.directory)!r})\n"


_OPEN = f'''\
def open_database(root):
    import pathlib
    for table in pathlib.Path(root).glob("data/*/*/*/*.parquet.csv"):
        import pandas
        pandas.read_csv(table).to_parquet(table.with_suffix(""))
        table.unlink()
    from aiconfigurator.sdk.perf_database import PerfDatabase
    return PerfDatabase("{SYSTEM}", "{BACKEND}", "{VERSION}", root)
'''


def grid(columns: Mapping[str, Sequence[object]], latency: str = "latency", **fixed: object) -> list[dict[str, object]]:
    """Rows over the full product of `columns`, with `fixed` columns, the last column running fastest. The latency
    (ms) is 0.01 times the row's number: different in every row, growing along each axis, not the same with two axes
    swapped."""
    rows: list[dict[str, object]] = [dict(fixed)]
    for column, values in columns.items():
        rows = [{**row, column: value} for row in rows for value in values]
    return [{**row, latency: round(0.01 * number, 6)} for number, row in enumerate(rows, 1)]
