"""A browser for these tests. Without one they are skipped, and counted; NEWOP_GEN_REQUIRE_BROWSER makes them fail."""

from __future__ import annotations

import pytest
from support import needs
from support.browser import Browser, find_browser


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests of a worker."""
    executable = find_browser()
    if executable is None:
        needs.BROWSER.missing("no Chromium on the path, and NEWOP_GEN_BROWSER is not set")
    with Browser(executable) as started:
        yield started
