"""Worlds for the sweeps, in memory where that can be had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import world as worlds


@pytest.fixture
def scratch() -> Iterator[Path]:
    with worlds.scratch() as directory:
        yield directory
