"""Whether the fixtures are as they were when they were last held against the releases.

    python tests/fixture_selfcheck/checked.py          holds them against the releases, and notes it (`make fixtures`)

The check of fixtures takes a minute and can only come out otherwise when they, the check or the releases change: while
the digest in `checked.json` is theirs, `make test` leaves it to `make test-all`. REPO brings in the releases that are
no wheels.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from support.composed import sources_digest  # noqa: E402
from support.releases import CLONE_RELEASES, RELEASES  # noqa: E402

from newop_gen.sandbox.wheels import WHEELS  # noqa: E402

RECORD = HERE / "checked.json"


def digest() -> str:
    """Of the fixtures, of what checks them, and of the releases that they are held against."""
    found = hashlib.sha256(sources_digest().encode())
    for path in sorted(HERE.glob("*.py")):
        found.update(path.read_bytes())
    found.update("".join(WHEELS[version].sha256 for version in RELEASES).encode())
    return found.hexdigest()


@functools.cache
def unchanged() -> bool:
    return json.loads(RECORD.read_text(encoding="utf-8"))["digest"] == digest()


def main() -> int:
    environment = os.environ | {"NEWOP_GEN_THOROUGH": "1", "NEWOP_GEN_REQUIRE_RELEASES": "1"}
    done = subprocess.run([sys.executable, "-m", "pytest", str(HERE), *sys.argv[1:]], env=environment, check=False)
    if done.returncode == 0 and not sys.argv[1:]:
        releases = [*RELEASES, *(CLONE_RELEASES if os.environ.get("REPO") else ())]
        RECORD.write_text(json.dumps({"digest": digest(), "releases": sorted(releases)}, indent=2) + "\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
