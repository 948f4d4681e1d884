"""A table that is filed a part at a time says what it says as a whole, and its columns give back their cells."""

from __future__ import annotations

import csv

import pytest
from support.applying import SPECS

from newop_gen.data.check import check
from newop_gen.explain.systems import find_system
from newop_gen.init import apart
from newop_gen.init.apart import Points
from newop_gen.model.op import Op
from newop_gen.spec.load import load_spec
from newop_gen.tables import column, filed
from newop_gen.tables.column import Cells, count_distinct
from newop_gen.tables.read import read

H200 = find_system("h200_sxm", None)


@pytest.mark.parametrize("name", ["latent_attention", "new_op", "state_scan"])
def test_parts_say_what_the_whole_says(name, tmp_path, monkeypatch) -> None:
    op = Op.from_spec(load_spec(SPECS / f"{name}.yaml").spec)
    table = op.tables[0]
    with (SPECS / "data" / f"{table.stem}.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    at = rows[0].index("latency")
    rows[3][at], rows[7][at], rows[9][at] = "0", "-1", "many"
    rows += [[*row[:at], "9.5", *row[at + 1 :]] for row in rows[10:20]]
    path = tmp_path / f"{table.stem}.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    whole = check(op, table, read(path), [H200])
    monkeypatch.setattr(filed, "ROWS_AT_ONCE", 5)
    assert len(list(filed.file_parts(op, table, read(path).usable()))) > 1
    parts = check(op, table, read(path), [H200])
    assert (parts.points, parts.repeats, parts.left_out) == (whole.points, whole.repeats, whole.left_out)

    def told(found) -> list[tuple[str, str, list[int]]]:
        return sorted((f.problem.code, f.problem.expected, sorted(f.lines)) for f in found.findings)

    assert told(parts) == told(whole) and len(told(whole)) >= 3


def test_points_fold_in_parts_as_in_one(monkeypatch) -> None:
    points = Points([float(n % 7) for n in range(1000)])
    points.add([n % 13 for n in range(1000)])
    whole = points.fold(), points.repeats, sorted(points.differing([str(n % 3) for n in range(1000)]))
    monkeypatch.setattr(apart, "ROWS_AT_ONCE", 50)
    parts = points.fold(), points.repeats, sorted(points.differing([str(n % 3) for n in range(1000)]))
    assert sorted(whole[0].rows) == sorted(parts[0].rows) and whole[0].rows and whole[1:] == parts[1:]
    monkeypatch.setattr(apart, "_MOST_POINTS", 20)  # numbers that grow too long are given anew
    again = Points([float(n % 7) for n in range(1000)])
    for step in (13, 1):
        again.add([n % step for n in range(1000)])
    assert sorted(again.fold().rows) == sorted(whole[0].rows)


@pytest.mark.parametrize(
    "texts",
    [
        [repr(n / 7) for n in range(300)],
        [f"{n}.50" for n in range(300)],
        [*(repr(n / 7) for n in range(200)), "n/a", *(repr(n / 3) for n in range(100))],
        [str(n % 9) for n in range(300)],
        ["", "\u00e9", *map(str, range(298))],
    ],
)
def test_cells_come_back_as_they_were(texts, monkeypatch) -> None:
    monkeypatch.setattr(column, "MOST_DISTINCT", 50)
    cells = Cells()
    for start in range(0, len(texts), 20):
        cells.extend(texts[start : start + 20])
    assert list(cells) == texts and [cells[n] for n in range(len(texts))] == texts and cells[-1] == texts[-1]
    assert set(cells.distinct()) == set(texts) and count_distinct(cells) == len(set(texts))
