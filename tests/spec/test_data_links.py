"""A data file stays below its spec's directory, whatever a link says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.applying import SPECS

from newop_gen.problems import SpecError
from newop_gen.spec.load import load_spec

TABLE = "new_op_tokens_perf.csv"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec in a directory that has no data yet, beside one that has."""
    (tmp_path / "mine").mkdir()
    shutil.copy(SPECS / "new_op_tokens.yaml", tmp_path / "mine")
    shutil.copytree(SPECS / "data", tmp_path / "private")
    return tmp_path / "mine" / "new_op_tokens.yaml"


@pytest.mark.parametrize("link", ["the file", "its directory", "a system's file"])
def test_a_link_that_leads_out_is_refused_unread(spec: Path, link: str) -> None:
    data = spec.parent / "data"
    if link == "its directory":
        data.symlink_to("../private")
    else:
        data.mkdir()
        (data / TABLE).symlink_to("../../private/" + TABLE if link == "the file" else "/etc/passwd")
    with pytest.raises(SpecError) as caught:
        load_spec(spec)
    assert {problem.code for problem in caught.value.problems} == {"path"}
    assert "root" not in str(caught.value).replace(str(spec), "") and caught.value.problems[0].place.line


def test_a_link_within_the_directory_is_followed(spec: Path) -> None:
    shutil.copytree(SPECS / "data", spec.parent / "tables")
    (spec.parent / "data").symlink_to("tables")
    assert load_spec(spec).spec.data


def test_the_directory_itself_may_be_a_link(spec: Path, tmp_path: Path) -> None:
    shutil.copytree(SPECS / "data", spec.parent / "data")
    (tmp_path / "link").symlink_to("mine")
    assert load_spec(tmp_path / "link" / spec.name).spec.data
