"""Replays from outside: released trees with the generated ops in them, and the jobs that run in them."""

from __future__ import annotations

import math
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.applying import SPECS, apply_specs
from support.releases import Release, RunFailed, copy_release, run_in

from .catalog import REPLAYS
from .kinds import Replay
from .points import measured
from .tables import read_rows

UPSTREAM = SPECS / "upstream"
TESTS = Path(__file__).resolve().parents[1]
SECONDS = 3 * 3600

CHILD = """\
import sys
sys.path.insert(0, arguments[0])
{setup}
from replay.inside import run_job
result = [run_job(job) for job in arguments[1]]
"""

Place = tuple[str, str, str]
"""System, backend and version of a table."""


@dataclass(frozen=True)
class Size:
    """How many points of each kind: measured ones (None: all), random ones, measured ones with power."""

    measured: int | None
    random: int
    energy: int


FULL = Size(None, 2000, 2000)


@dataclass(frozen=True)
class Done:
    """A job and what came out; an empty result when its time was over before it began."""

    release: str
    replay: str
    table: str
    result: dict[str, Any]


def make_tree(release: str, replays: Iterable[Replay], directory: Path) -> Release:
    """A copy of the release with all its tables and the ops of the replays applied."""
    tree = copy_release(release, directory, systems=None)
    apply_specs(tree.root, specs_of(release, replays))
    return tree


def specs_of(release: str, replays: Iterable[Replay]) -> list[Path]:
    return sorted({UPSTREAM / f"{r.releases[release]}.yaml" for r in replays if release in r.releases})


def tables_of(tree: Release, replay: Replay) -> list[Place]:
    """(system, backend, version) of every real table of the op, each content once; the longest first."""
    found: dict[bytes, Place] = {}
    paths = sorted(tree.systems.glob(f"data/*/*/*/{replay.file}.*"), key=lambda p: (-p.stat().st_size, str(p)))
    for path in paths:
        system, backend, version = path.parts[-4:-1]
        if (tree.systems / f"{system}.yaml").is_file():
            found.setdefault(system.encode() + path.read_bytes(), (system, backend, version))
    return list(found.values())


def shortest_table(tree: Release, replay: Replay) -> Place:
    """The shortest table with points that upstream's query answers."""
    for place in reversed(tables_of(tree, replay)):
        [path] = tree.systems.joinpath("data", *place).glob(f"{replay.file}.*")
        if any(map(replay.answered, measured(replay, read_rows(path)))):
            return place
    raise LookupError(f"no table of {replay.name} in {tree.version}")


def run(
    releases: Iterable[str],
    names: Iterable[str] | None = None,
    size: Size = FULL,
    tables: int | None = None,
    processes: int = 2,
    seconds: float = math.inf,
    known: Collection[tuple[str, str, str]] = (),
) -> Iterator[Done]:
    """Runs the replays `names` (default: all) on each release, on the `tables` longest tables of each op (default:
    all) but for the `known` ones (release, replay, table), and yields what came out, table by table.

    The longest tables of all ops come first. After `seconds` no other one is begun; those that are left out are
    yielded as `Done` without a result.
    """
    chosen = [r for r in REPLAYS if names is None or r.name in set(names)]
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="newop-replay-") as name, ThreadPoolExecutor(processes) as pool:
        work = []
        for release in releases:
            present = [r for r in chosen if release in r.releases]
            if not present:
                continue
            tree = make_tree(release, present, Path(name) / release)
            for replay in present:
                places = enumerate(tables_of(tree, replay)[:tables])
                unknown = [(rank, p) for rank, p in places if (release, replay.name, "/".join(p)) not in known]
                work += [(rank, tree, replay, place) for rank, place in unknown]
        work.sort(key=lambda item: item[0])
        for future in as_completed(pool.submit(_run_one, *item, size, end) for _, *item in work):
            yield future.result()


def _run_one(tree: Release, replay: Replay, place: Place, size: Size, end: float) -> Done:
    if time.monotonic() > end:
        return Done(tree.version, replay.name, "/".join(place), {})
    job = _job(tree, replay, place, size)
    try:
        [result] = run_in(tree.root, CHILD.format(setup=""), str(TESTS), [job], timeout=SECONDS)
    except (RunFailed, subprocess.TimeoutExpired) as error:  # the other tables are worth their hours all the same
        result = {"modes": {}, "rows": 0, "measured": 0, "failed": str(error)}
    return Done(tree.version, replay.name, "/".join(place), result)


def run_batch(
    tree: Release,
    work: Sequence[tuple[Any, ...]],
    size: Size,
    *,
    setup: str = "",
    specs: Sequence[Path] | None = None,
) -> list[Done]:
    """Applies the ops of `work` to a fresh tree and runs all of it in one process. `work` is replay, place and, if the
    generated op is not the replay's own, its `op` and `query`; then `specs` are those to apply. `setup` is code that
    runs first."""
    apply_specs(tree.root, specs or specs_of(tree.version, [replay for replay, *_ in work]), lint=False)
    jobs = [_job(tree, replay, place, size, *own) for replay, place, *own in work]
    found = run_in(tree.root, CHILD.format(setup=setup), str(TESTS), jobs, timeout=SECONDS)
    return [Done(tree.version, w[0].name, "/".join(w[1]), result) for w, result in zip(work, found)]


def _job(tree: Release, replay: Replay, place: Place, size: Size, own: dict[str, str] | None = None) -> dict[str, Any]:
    system, backend, version = place
    return {
        "release": tree.version,
        "replay": replay.name,
        "own": own or {},
        "systems": str(tree.systems),
        "system": system,
        "backend": backend,
        "version": version,
        **vars(size),
    }
