"""Applies the example specs to upstream's history, state by state, and prints how it went.

    python scripts/history.py --repo CLONE [--all] [--jobs 2] [--since COMMIT] [--until COMMIT]

The history is that of first parents, from the commit that brought power estimation (December 2025: the first whose
tables have a power column) up to 0.11. Every state in it is probed. By default one commit of each distinct outcome of
the probes is tried, with --all one of each distinct state of the files that layouts read. A trial lays the state's
code out in a directory of its own (the clone is only read), detects the layout, applies the specs, compiles and lints
what was inserted, applies again, and takes the ops out: then every byte must be as it was. Exit status 1 when a trial
fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from trials import ROOT, Trial, try_out
from upstream import Clone, CloneTree, State, check_read

from newop_gen.layouts import detect
from newop_gen.problems import NewopError
from newop_gen.spec.load import load_specs

SINCE = "8f277a2f6204"  # feat: add power estimation (#153)
UNTIL = "v0.11.0"
SPECS = tuple(sorted((ROOT / "specs").glob("*.yaml")))


@dataclass
class Group:
    """States, not always in a row, for which all probes of all layouts have the same answers."""

    states: list[State] = field(default_factory=list)


@dataclass(frozen=True)
class Tried:
    """A trial of one state, which stands for so many."""

    state: State
    trial: Trial
    stands_for: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, required=True, metavar="CLONE", help="a clone of upstream, bare or not")
    parser.add_argument("--all", action="store_true", help="try every distinct state, not one of each outcome")
    parser.add_argument("--since", default=SINCE, metavar="COMMIT", help="first commit (power estimation)")
    parser.add_argument("--until", default=UNTIL, metavar="COMMIT", help=f"last commit ({UNTIL})")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="trials at a time")
    parser.add_argument("--spec", type=Path, action="append", metavar="SPEC", help="specs to apply (the examples)")
    options = parser.parse_args()
    started = time.monotonic()
    specs = tuple(options.spec or SPECS)
    load_specs(list(specs))  # a wrong spec is told at once

    commits, groups = survey(options.repo, options.since, options.until)
    states = sum(len(g.states) for g in groups)
    print(f"{commits} commits change the SDK; {states} distinct states of what layouts read; {len(groups)} outcomes")
    chosen = (
        [(s, 1) for g in groups for s in g.states] if options.all else [(g.states[0], len(g.states)) for g in groups]
    )
    tried = list(run(options.repo, chosen, specs, options.jobs))
    report(tried)
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if any(t.trial.outcome == "failed" for t in tried) else 0


def survey(repo: Path, since: str, until: str) -> tuple[int, list[Group]]:
    """How many commits change the SDK, and the distinct states by outcome of the probes, in order of appearance."""
    clone = Clone(repo)
    groups: dict[object, Group] = {}
    seen: set[object] = set()
    commits = 0
    tree: CloneTree | None = None
    for state in clone.history(since, until):
        commits += 1
        if state.read in seen:
            continue
        seen.add(state.read)
        tree = CloneTree(clone, state, tree)
        detection = detect(tree)
        unknown = check_read(tree.sources())
        if unknown:
            raise SystemExit(f"history: layouts read {', '.join(unknown)}, which does not tell states apart here")
        answers = tuple((name, p.name, p.found) for name, probes in detection.probes.items() for p in probes)
        groups.setdefault(answers, Group()).states.append(state)
    clone.close()
    return commits, list(groups.values())


def run(repo: Path, states: Sequence[tuple[State, int]], specs: Sequence[Path], jobs: int) -> Iterator[Tried]:
    """Tries each state, several at a time, and tells of each as it ends; gives them in their order."""
    if jobs < 2:
        for state, count in states:
            yield tell(attempt(repo, state, count, specs))
        return
    with ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(attempt, repo, state, count, specs) for state, count in states]
        for done in as_completed(running):
            tell(done.result())
        yield from (done.result() for done in running)


def attempt(repo: Path, state: State, count: int, specs: Sequence[Path]) -> Tried:
    """One trial in a directory of its own. Raises `IoFault` for an object that the clone lacks."""
    with tempfile.TemporaryDirectory(prefix="newop-history-") as name:
        root = Path(name) / "checkout"
        root.mkdir()
        clone = Clone(repo)
        clone.lay_out(state, root)
        clone.close()
        return Tried(state, try_out(root, load_specs(list(specs))), count)


def tell(tried: Tried) -> Tried:
    trial = tried.trial
    what = f"{trial.lines} lines in {trial.files} files" if trial.outcome == "worked" else trial.reason
    many = f" (as {tried.stands_for} states)" if tried.stands_for > 1 else ""
    print(
        f"{trial.outcome:8} {trial.layout or '-':9} {tried.state.commit[:9]} {tried.state.date}{many} {what}",
        flush=True,
    )
    return tried


def report(tried: Sequence[Tried]) -> None:
    """The split, by layout and by reason."""
    split = Counter(t.trial.outcome for t in tried)
    print(f"\n{len(tried)} tried: " + ", ".join(f"{split[o]} {o}" for o in ("worked", "refused", "failed")))
    for outcome in ("worked", "refused", "failed"):
        told = [(t.trial.reason or t.trial.layout, t) for t in tried if t.trial.outcome == outcome]
        for words, count in Counter(words for words, _ in told).most_common():
            states = [t.state for w, t in told if w == words]
            print(f"  {outcome:8} {count:4}  {words} ({states[0].commit[:9]} {states[0].date}"
                  f"{f' to {states[-1].commit[:9]} {states[-1].date}' if count > 1 else ''})")  # fmt: skip


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NewopError as error:
        sys.exit(f"history: {error}")
