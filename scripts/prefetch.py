"""Fills the cache with what the tests need, and says what can't be had: released trees and an interpreter for them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.releases import prefetch


def main() -> int:
    missing = prefetch()
    for line in missing:
        print(f"MISSING: {line}", file=sys.stderr)
    if missing and os.environ.get("NEWOP_GEN_REQUIRE_RELEASES"):
        return 1
    if missing:
        print("The tests that need it are skipped, and counted at the end.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
