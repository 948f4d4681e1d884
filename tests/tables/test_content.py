"""A table is what is in its file, whatever it is called: written as the layout needs it, or refused in `validate`."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkouts import copy_fixture
from click.testing import CliRunner
from support.applying import SPECS

from newop_gen.cli import cli
from newop_gen.tables.convert import to_parquet
from newop_gen.tables.read import read

SOUND = SPECS / "data" / "new_op_tokens_perf.csv"
ROWS = [dict(row.cells) for row in read(SOUND).usable().rows]


def spec_over(folder: Path, name: str, content: bytes) -> Path:
    """The example's spec, with `content` for its table under a name of any kind."""
    text = (SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8")
    assert "data/new_op_tokens_perf.csv" in text
    spec = folder / "new_op_tokens.yaml"
    spec.write_text(text.replace("data/new_op_tokens_perf.csv", name), encoding="utf-8")
    (folder / name).write_bytes(content)
    return spec


def run(*words: object) -> str:
    done = CliRunner().invoke(cli, [*map(str, words)])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("name", ["v0_8", "v0_10"])
@pytest.mark.parametrize("called", ["t.csv", "t.txt", "t.parquet"])
@pytest.mark.parametrize("parquet", [False, True])
def test_the_form_of_the_layout_is_written_whatever_the_name_says(name, called, parquet, tmp_path) -> None:
    root = copy_fixture(name, tmp_path)
    spec = spec_over(tmp_path, called, to_parquet(SOUND) if parquet else SOUND.read_bytes())
    run("validate", spec)
    run("apply", spec, "--checkout", root)
    run("status", "--checkout", root)
    run("apply", spec, "--checkout", root, "--check")
    written = [p for p in root.rglob("new_op_tokens_perf.*") if p.suffix in (".txt", ".parquet")]
    assert written
    for path in written:
        assert path.read_bytes().startswith(b"PAR1") == (path.suffix == ".parquet") == (name == "v0_10")
        assert [dict(row.cells) for row in read(path).usable().rows] == ROWS


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PAR1 and no more", "parquet"),
        (b"\x89PNG\r\n\x1a\n\0\0", "encoding"),
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "lfs-pointer"),
    ],
)
@pytest.mark.parametrize("called", ["t.csv", "t.parquet"])
def test_what_is_no_table_is_refused_by_validate(called, content, code, tmp_path) -> None:
    spec = spec_over(tmp_path, called, content)
    done = CliRunner().invoke(cli, ["validate", str(spec), "--json"])
    assert done.exit_code == 2 and f'"{code}"' in done.stdout


def test_validate_reads_no_rows(tmp_path) -> None:
    """A row that can't be read is for `data check`; a column that is missing is told."""
    lines = SOUND.read_bytes().splitlines(keepends=True)
    spec = spec_over(tmp_path, "t.csv", lines[0] + b"many,cells\n" * 3)
    run("validate", spec)
    spec = spec_over(tmp_path, "t.csv", lines[0].replace(b"latency", b"latenci") + lines[1])
    done = CliRunner().invoke(cli, ["validate", str(spec)])
    assert done.exit_code == 2 and "no column 'latency'" in done.output
