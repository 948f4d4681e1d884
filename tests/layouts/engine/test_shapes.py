"""Everything that is rendered for the engine is as rustfmt leaves it, for every spec and both editions."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newop_gen.layouts.engine import fixtures, pyclass, table, table_view
from newop_gen.layouts.engine.facts import EngineFacts
from newop_gen.layouts.engine.view import EngineOp
from newop_gen.model.op import Op
from newop_gen.spec.load import load_spec

from .small import facts

ROOT = Path(__file__).resolve().parents[3]
SPECS = [
    *sorted((ROOT / "specs").rglob("*.yaml")),
    *sorted((Path(__file__).parent / "specs").glob("*.yaml")),
]


def _arms(op: EngineOp) -> str:
    arms = "".join(view.arm for table_of in op.tables for view in table_view.views(op, table_of))
    return f"fn arms() {{\n    match x {{\n{arms}    }}\n}}\n"


# What is put into a file, in what makes a file of it.
TEXTS: dict[str, Callable[[EngineOp], str]] = {
    "table": table.render,
    "view": lambda op: table_view.render(op) + _arms(op),
    "pyclass": lambda op: pyclass.render(op).removesuffix("\n"),
    "fixtures": lambda op: f"mod tests {{\n{fixtures.render(op).removesuffix(chr(10))}}}\n",
}


def written(folder: Path, dialect: EngineFacts) -> Iterator[Path]:
    for spec in SPECS:
        op = EngineOp(Op.from_spec(load_spec(spec).spec), dialect)
        for name, render in TEXTS.items():
            path = folder / f"{spec.parent.name}_{spec.stem}_{name}.rs"
            path.write_text(render(op), encoding="utf-8")
            yield path


@pytest.mark.parametrize("edition", ["2021", "2024"])
@pytest.mark.parametrize("newer", [False, True])
def test_rustfmt_leaves_it_as_it_is(cargo: Path, tmp_path: Path, edition: str, newer: bool) -> None:
    dialect = dataclasses.replace(facts(edition), prepared_grid=newer, invalid_perf_data=newer)
    paths = list(written(tmp_path, dialect))
    assert len(paths) > 100
    rustfmt = shutil.which("rustfmt") or str(cargo.with_name("rustfmt"))
    command = [rustfmt, "--edition", edition, "--check", "--quiet", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:4000], done.stderr[:4000]) == (0, "", "")


def test_rustfmt_would_say_if_it_were_not(cargo: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.rs"
    path.write_text("fn a() {  }\n")
    rustfmt = shutil.which("rustfmt") or str(cargo.with_name("rustfmt"))
    assert subprocess.run([rustfmt, "--check", "--quiet", str(path)], capture_output=True, check=False).returncode == 1
