"""The same seeded changes asked of two suites.

    python -m tests.safety.sabotage --random [--before COMMIT] [--after COMMIT] [--count 120] [--seed 1] [--limit 60]
                                             [--tests FOLDER...] [--for SECONDS]

Each change is made in a clone of each commit, where the tests that execute its line are run, cheapest first, until one
fails. Which ones those are was measured with coverage's contexts, in one run of each suite. What was found stays in
build/seeded: a run that was stopped, or that ended after --for SECONDS, goes on where it was. Control: the tests that
are asked pass without the change.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .changes import Change, drawn
from .suite import Answer, Suite

REPOSITORY = Path(__file__).parents[3]
STATE = REPOSITORY / "build" / "seeded"


def told(changes: list[Change], before: list[Answer], after: list[Answer], folders: list[str]) -> str:
    """The counts of both suites, and every change to which they answer differently."""
    lines = [f"seeded changes: {len(changes)}, asked of the tests of {', '.join(folders)}"]
    for name, answers in (("before", before), ("after", after)):
        noticed = sum(answer.noticed is True for answer in answers)
        nobody = sum(answer.noticed is None for answer in answers)
        cut = sum(answer.noticed is False and answer.left > 0 for answer in answers)
        lines.append(
            f"  {name}: {noticed} noticed, {len(answers) - noticed - nobody} missed ({cut} of them at the limit), "
            f"{nobody} on a line that no test executes"
        )
    for change, old, new in zip(changes, before, after):
        if bool(old.noticed) != bool(new.noticed):
            lines.append(f"  differs: {change}\n    before: {old}\n    after: {new}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", default="e1d6d30", help="the commit whose suite is compared with")
    parser.add_argument("--after", default="HEAD")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=60, help="CPU seconds of tests for each change")
    parser.add_argument("--tests", nargs="+", default=["tests"], help="folders whose tests are asked")
    parser.add_argument("--for", type=float, dest="seconds", default=float("inf"), help="stop after so many seconds")
    options = parser.parse_args(arguments)
    end = time.monotonic() + options.seconds
    suites = []
    for commit in (options.before, options.after):
        name = subprocess.run(
            ["git", "rev-parse", "--short=10", f"{commit}^{{commit}}"],
            cwd=REPOSITORY, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        suites.append(Suite.of_commit(REPOSITORY, name, STATE / name, options.tests))
    for suite in suites:
        for file in suite.measure():
            print(f"{suite.tree.parent.name}: measuring {file}", file=sys.stderr, flush=True)
            if time.monotonic() > end:
                print("stopped while measuring; the same command goes on", file=sys.stderr)
                return 3
    changes = drawn([suite.tree for suite in suites], options.count, options.seed)
    kept = [suite.answers() for suite in suites]
    tests = [suite.tests_of(changes) for suite in suites]
    answered: list[list[Answer]] = [[], []]
    for number, change in enumerate(changes):
        if time.monotonic() > end:
            break
        for suite, known, executing, answers in zip(suites, kept, tests, answered):
            key = _key(change, executing[change], options.limit)
            if key not in known:
                known[key] = dataclasses.asdict(suite.ask(change, executing[change], options.limit))
                suite.keep(known)
            answers.append(Answer(**known[key]))
        print(f"{number + 1}: {change}: {answered[0][-1]} | {answered[1][-1]}", file=sys.stderr, flush=True)
    print(told(changes[: len(answered[0])], *answered, options.tests) + f"; seed {options.seed}")
    noticed = [sum(answer.noticed is True for answer in answers) for answers in answered]
    if len(answered[0]) < len(changes):
        print(f"stopped after {len(answered[0])} of {len(changes)} changes; the same command goes on", file=sys.stderr)
        return 3
    return 0 if noticed[1] >= noticed[0] else 1


def _key(change: Change, tests: list[tuple[float, str]], limit: float) -> str:
    """What an answer holds for: the change, the tests that execute it, the limit."""
    asked = json.dumps([change.json(), sorted(test for _, test in tests), limit], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:20]


if __name__ == "__main__":
    sys.exit(main())
