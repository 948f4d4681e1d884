"""Several versions of a text as one: each line once, with a mark where not every version has it.

    #@ 0.9-             the lines below are for 0.9 and later, up to the next such mark
    #@ all              the lines below are for every version again
    a line  #@ 0.6-0.8  this line alone is for versions from 0.6 to 0.8, whatever holds around it
    #@ blank 0.7, 0.9-  an empty line for 0.7, 0.9 and later

Fixtures are written in this form by hand; goldens are woven from what apply inserts, and taken apart to be compared.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

MARK = "#@"
_SUFFIX = re.compile(rf"^(?P<line>.*?\S)  {MARK} (?P<versions>[-\d., al]+)$")
_BLANK = f"{MARK} blank "
#: Runs up to this length are marked line by line.
SHORT = 2
#: Lines that are alike without meaning anything: a match of nothing but a few of these is no match.
_WEAK = re.compile(r"\|?\s*(|[\])}]+[:,]?|else:|try:|return data|\"\"\")$")


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def holds(condition: str, version: str) -> bool:
    """Whether a version is among those that a mark names: `all`, or a list of `0.7`, `0.6-0.8`, `0.9-`."""
    if condition.strip() == "all":
        return True
    for part in condition.split(","):
        first, dash, last = part.strip().partition("-")
        if number(first) <= number(version) and (not (last or not dash) or number(version) <= number(last or first)):
            return True
    return False


def unweave(text: str, version: str) -> str:
    """The text as that version has it."""
    kept, here = [], True
    for line in text.split("\n")[:-1]:
        if line.startswith(_BLANK):
            if holds(line[len(_BLANK) :], version):
                kept.append("")
        elif line.startswith(f"{MARK} "):
            here = holds(line[len(MARK) :], version)
        elif alone := _SUFFIX.match(line):
            if holds(alone["versions"], version):
                kept.append(alone["line"])
        elif here:
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def weave(texts: Mapping[str, str]) -> str:
    """Texts by version as one. Each has to end with a newline, or be empty."""
    versions = sorted(texts, key=number)
    woven: list[tuple[str, frozenset[str]]] = []
    for version in versions:
        text = texts[version]
        assert MARK not in text and (not text or text.endswith("\n")), version
        woven = list(_woven_in(woven, text.split("\n")[:-1], version))
    return "".join(f"{line}\n" for line in _marked(_joined(woven), versions))


def _woven_in(
    woven: Sequence[tuple[str, frozenset[str]]], lines: Sequence[str], version: str
) -> Iterator[tuple[str, frozenset[str]]]:
    only = frozenset([version])
    i = j = 0
    for block in _matches([line for line, _ in woven], lines):
        yield from woven[i : block.a]
        yield from ((line, only) for line in lines[j : block.b])
        i, j = block.a + block.size, block.b + block.size
        yield from ((line, versions | only) for line, versions in woven[block.a : i])
    yield from woven[i:]
    yield from ((line, only) for line in lines[j:])


def _matches(a: Sequence[str], b: Sequence[str]) -> Iterator[difflib.Match]:
    i = j = 0
    for block in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        # Two changes with next to nothing between them read better as one.
        weak = block.size <= SHORT and all(_WEAK.match(line) for line in a[block.a : block.a + block.size])
        if not weak or (i, j) == (block.a, block.b):
            yield block
            i, j = block.a + block.size, block.b + block.size


def _joined(woven: Sequence[tuple[str, frozenset[str]]]) -> list[tuple[str, frozenset[str]]]:
    """A line alone before a run that ends with its like moves behind the run, where it has company."""
    runs = [[*group] for _, group in itertools.groupby(woven, lambda pair: pair[1])]
    for alone, run, after in zip(runs, runs[1:], runs[2:]):
        like = alone and run and after and alone[0][1] == after[0][1] > run[0][1]
        if like and len(alone) == 1 and alone[0][0] == run[-1][0]:
            run.insert(0, run.pop())
            after.insert(0, alone.pop())
    return [pair for run in runs for pair in run]


def _marked(woven: Sequence[tuple[str, frozenset[str]]], versions: Sequence[str]) -> Iterator[str]:
    here = frozenset(versions)
    for found, group in itertools.groupby(woven, lambda pair: pair[1]):
        run = [line for line, _ in group]
        named = condition(found, versions)
        if found == here:
            yield from run
        elif len(run) <= SHORT:
            yield from (f"{line}  {MARK} {named}" if line else f"{_BLANK}{named}" for line in run)
        else:
            yield f"{MARK} {named}"
            yield from run
            here = found


def condition(some: Collection[str], versions: Sequence[str]) -> str:
    """How a mark names some of the versions."""
    if set(some) == set(versions):
        return "all"
    runs = [list(run) for there, run in itertools.groupby(versions, lambda version: version in some) if there]
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
