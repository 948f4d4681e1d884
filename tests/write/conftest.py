"""Small checkouts for the tests of `write`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safety import world as worlds
from safety.world import World


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with worlds.scratch() as directory:
        monkeypatch.setenv("XDG_STATE_HOME", str(directory / "state"))
        yield directory


@pytest.fixture
def make(scratch: Path) -> Callable[..., World]:
    """`make(git=True)`: a fresh checkout; its state directory is in the environment."""
    return lambda **options: worlds.make(scratch, **options)


@pytest.fixture
def plain(make: Callable[..., World]) -> World:
    return make()


@pytest.fixture
def repo(make: Callable[..., World]) -> World:
    return make(git=True)
