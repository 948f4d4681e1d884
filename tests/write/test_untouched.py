"""The count that stands at the end of every test run can be other than 0."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from safety import world as worlds
from safety.world import COMMON, World, apply_plan
from support import untouched

from newop_gen.write import apply, transaction


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> untouched.Tally:
    """A count of this test's own; the run's does not see what happens here."""
    monkeypatch.setattr(apply, "checked_targets", inspect.unwrap(apply.checked_targets))
    monkeypatch.setattr(apply, "Transaction", transaction.Transaction)
    own = untouched.Tally()
    untouched.watch(own)
    return own


def test_an_apply_changes_nothing_else(plain: World, tally: untouched.Tally) -> None:
    apply_plan(worlds.plan(plain.root))
    assert (tally.applies, tally.files, tally.outside) == (1, 6, 0)


def test_a_changed_byte_is_counted(plain: World, tally: untouched.Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    finish = transaction.finish

    def and_meddle(*arguments: object) -> None:
        finish(*arguments)
        path = Path(plain.root, COMMON)
        path.write_bytes(path.read_bytes().replace(b"import enum", b"import  enum"))

    monkeypatch.setattr(transaction, "finish", and_meddle)
    apply_plan(worlds.plan(plain.root))
    assert tally.outside == 1 and tally.where == [f"{COMMON}: 1"]
