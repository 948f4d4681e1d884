"""What `make test` leaves to `make test-all`: the rest of sweeps whose every kind of case it has.

A case that is marked `thorough` runs only there. What `make test` has has to notice each kind of defect by itself;
`make sabotage ARGS=--random` counts what only the rest notices.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")

THOROUGH = bool(os.environ.get("NEWOP_GEN_THOROUGH"))


def mostly(cases: Iterable[Case], chosen: Callable[[Case], bool]) -> list[Any]:
    """Cases for `parametrize`: those that are not chosen are for `make test-all`."""
    return [
        case
        if chosen(case)
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.thorough)
        for case in cases
    ]
