"""Which random specs `make test` runs: as few as have everything in them several times.

`make test-all` runs 1,000 of them, `make fuzz` as many as it is told to.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from checkouts import VERSIONS

from . import coverage
from .run import Outcome, anchors, load
from .specs import make

FILE = Path(__file__).with_name("chosen.json")
#: How many specs of a fixture have each thing, unless it is rarer among its own.
AT_LEAST = 3
#: How many there are to choose from, over all fixtures.
SPECS = 1000


def share(fixture: str) -> range:
    """The numbers of a fixture's own specs."""
    each, number = -(-SPECS // len(VERSIONS)), list(VERSIONS).index(fixture)
    return range(number * each, (number + 1) * each)


def chosen(fixture: str) -> list[int]:
    """Those of them that `make test` runs."""
    return json.loads(FILE.read_text(encoding="utf-8"))[fixture]


def choose() -> None:
    """Chooses anew: again and again the spec that has most of what is missing."""
    seeds = {fixture: _cover(_contents(fixture)) for fixture in VERSIONS}
    lines = (f'  "{fixture}": {json.dumps(found)}' for fixture, found in seeds.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _contents(fixture: str) -> dict[int, set[str]]:
    """By number: what a spec has in it."""
    known = anchors(fixture)
    with tempfile.TemporaryDirectory(prefix="newop-fuzz-") as folder:
        loaded = {seed: load(seed, make(seed, known), Path(folder), Outcome()) for seed in share(fixture)}
    return {seed: set(coverage.count(one.spec)) for seed, one in loaded.items() if one is not None}


def _cover(contents: Mapping[int, set[str]]) -> Sequence[int]:
    wanted = coverage.wanted()
    there = Counter(item for one in contents.values() for item in one & wanted)
    missing = Counter({item: min(AT_LEAST, times) for item, times in there.items()})
    found: list[int] = []
    while +missing:
        best = max(contents.keys() - set(found), key=lambda seed: (len(contents[seed] & set(+missing)), -seed))
        found.append(best)
        missing -= Counter(contents[best] & wanted)
    return sorted(found)
