"""Upstream's own tests in a checkout: what each of them says, before and after ops came in."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from newop_gen.sandbox.runtime import release_environment

# What an op could break: tests of databases, models and operations, of what is listed by name, and from 0.11 on of the
# contract between the packages. The rest of the SDK's tests search whole deployments, and take an hour a release.
SUITES = (
    *(f"tests/unit/sdk/{name}" for name in ("database", "models", "operations")),
    *(f"tests/unit/sdk/test_{name}.py" for name in ("common", "opspec_coverage", "package_layering", "core_namespace")),
    "tests/cross_package",
)
SECONDS = 3600


@dataclass(frozen=True)
class Outcomes:
    """What each test said, by its name: passed, failed, error or skipped."""

    tests: Mapping[str, str]

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.tests.values())

    def __str__(self) -> str:
        counts = self.counts
        return ", ".join(f"{counts[o]:,} {o}" for o in ("passed", "failed", "error", "skipped") if counts[o])

    def otherwise(self, after: Outcomes) -> list[str]:
        """The tests that say something else in `after`, or nothing at all. Tests that came with ops don't count."""
        return sorted(
            f"{name}: {said} before, {after.tests.get(name, 'gone')} after"
            for name, said in self.tests.items()
            if after.tests.get(name) != said
        )


def run_suites(root: Path, python: Path) -> Outcomes:
    """The outcomes of upstream's suites in `root`. Raises `RuntimeError` when pytest could not run them."""
    with tempfile.TemporaryDirectory(prefix="newop-suites-") as name:
        report = Path(name) / "report.xml"
        found = [suite for suite in SUITES if (root / suite).exists()]
        done = subprocess.run(
            [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", "--tb=no",
             "--continue-on-collection-errors", f"--junitxml={report}", *found],
            cwd=root, env=release_environment(root), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        # 1 is for failed tests, which is an answer; all above says that the tests were not run.
        if done.returncode not in (0, 1) or not report.is_file():
            raise RuntimeError(f"pytest ended with {done.returncode}: {(done.stdout + done.stderr)[-500:]}")
        return Outcomes(dict(_read(report)))


def _read(report: Path) -> list[tuple[str, str]]:
    outcomes = []
    for case in ElementTree.parse(report).iter("testcase"):
        said = next((c.tag for c in case if c.tag in ("failure", "error", "skipped")), "passed")
        outcomes.append((f"{case.get('classname')}::{case.get('name')}", "failed" if said == "failure" else said))
    return outcomes


if __name__ == "__main__":
    sys.exit("this is a module of matrix.py")
