"""The reference evaluator's own word on a tuple key that was not collected."""

from __future__ import annotations

import pytest

from newop_gen.spec.model import Key
from newop_gen.verify.table import stand_in

COLLECTED = [(32, 128, 4), (32, 64, 4), (16, 64, 4), (32, 64, 8)]


def key(**alike: object) -> Key:
    return Key.model_validate({"params": ["width", "state", "conv"], "alike": alike})


@pytest.mark.parametrize(
    ("alike", "asked", "answers"),
    [
        ({"same": ["width"]}, (32, 977, 4), (32, 128, 4)),
        ({"same": ["width", "state"]}, (32, 64, 977), (32, 64, 4)),
        ({"same": ["width"], "nearest": "state"}, (32, 70, 4), (32, 64, 4)),
        ({"same": ["width"], "nearest": "state"}, (32, 96, 4), (32, 128, 4)),  # as near: the first in the file
        ({"same": ["width", "conv"], "nearest": "state"}, (32, 100, 8), (32, 64, 8)),
        ({"same": ["width"]}, (977, 64, 4), (977, 64, 4)),
        ({"same": ["width"], "nearest": "state"}, (977, 64, 4), (977, 64, 4)),
    ],
)
def test_which_collected_tuple_stands_in(alike, asked, answers) -> None:
    given = key(**alike)
    assert stand_in(given, given.alike, COLLECTED, asked) == answers
