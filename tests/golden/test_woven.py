"""A woven text gives back each version to the byte, and a change to it reaches the versions that are marked, no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.woven import condition, holds, unweave, weave

VERSIONS = ("0.6", "0.7", "0.9", "0.10")
LINES = st.sampled_from(["", "    return data", ")", "|", "|text", "  text", "a = 1", "b", "#", "@"])
TEXTS = st.lists(LINES, max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(st.fixed_dictionaries(dict.fromkeys(VERSIONS, TEXTS)))
def test_every_version_comes_back(texts) -> None:
    woven = weave(texts)
    assert {version: unweave(woven, version) for version in VERSIONS} == texts


@given(st.sets(st.sampled_from(VERSIONS), min_size=1))
def test_a_condition_holds_for_those_it_names(some) -> None:
    assert {version for version in VERSIONS if holds(condition(some, VERSIONS), version)} == some


def test_what_stands_in_every_version_stands_once() -> None:
    shared = "".join(f"line {n}\n" for n in range(40))
    texts = {"0.6": f"old\n{shared}", "0.7": f"{shared}new\n", "0.9": shared}
    assert weave(texts) == f"old  #@ 0.6\n{shared}new  #@ 0.7\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_negative_control_a_changed_line_is_noticed_where_it_holds(version) -> None:
    texts = {other: f"first\nonly in {other}\nlast\n" for other in VERSIONS}
    woven = weave(texts).replace(f"only in {version}  ", f"only in  {version}  ")
    assert [other for other in VERSIONS if unweave(woven, other) != texts[other]] == [version]


def test_a_range_without_an_end_goes_on() -> None:
    woven = "#@ 0.9-\na\n#@ all\nb\n#@ blank 0.6, 0.10-\nc  #@ 0.7-0.9\n"
    assert unweave(woven, "0.6") == "b\n\n"
    assert unweave(woven, "0.8") == "b\nc\n"
    assert unweave(woven, "0.9") == "a\nb\nc\n"
    assert unweave(woven, "1.2") == "a\nb\n\n"
