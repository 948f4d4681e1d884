"""What an ordinary user may not read or write is refused, whoever runs the tests."""

from __future__ import annotations

import pytest

from .faults import run
from .ordinary import as_ordinary_user, root
from .permissions import CASES, sweep


def test_missing_permissions_change_nothing() -> None:
    result = sweep(as_ordinary_user)
    assert result.cases == result.refused >= len(CASES) - 1  # only root can make a file somebody else's
    assert not result.bad, "\n".join(result.bad)


def test_nothing_is_refused_where_nothing_is_missing() -> None:
    result = sweep(as_ordinary_user, obstruct=False)
    assert result.through == result.cases > 0


@pytest.mark.skipif(not root(), reason="the control of the two above, which run as somebody else then")
def test_root_goes_through() -> None:
    assert sweep(run).through > 10
