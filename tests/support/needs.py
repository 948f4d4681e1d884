"""What a test may need and not find here: the test is skipped and counted, or fails where it has to be there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import NoReturn

import pytest


@dataclass(frozen=True)
class Need:
    """`label` begins the reason of every skip, `variable` turns skips into failures, `heading` and `what` are for the
    count at the end of a run."""

    label: str
    variable: str
    heading: str
    what: str

    def missing(self, why: str, *, may_fail: bool = True) -> NoReturn:
        """End the test that asked. Without `may_fail` it is skipped whatever `variable` says."""
        if may_fail and os.environ.get(self.variable):
            pytest.fail(f"{self.label}: {why}")
        pytest.skip(f"{self.label}: {why}")


RELEASE = Need("RELEASE UNAVAILABLE", "NEWOP_GEN_REQUIRE_RELEASES", "releases that could not be had", "a released tree")
BROWSER = Need(
    "BROWSER UNAVAILABLE", "NEWOP_GEN_REQUIRE_BROWSER", "no browser", "Chromium (NEWOP_GEN_BROWSER, or on the path)"
)
CARGO = Need("CARGO UNAVAILABLE", "NEWOP_GEN_REQUIRE_CARGO", "no cargo", "Rust's cargo")
ALL = (RELEASE, BROWSER, CARGO)
