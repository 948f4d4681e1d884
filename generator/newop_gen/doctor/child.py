"""Runs in the user's interpreter, given as text to `-c`: loaders on real files, helpers on two leaves.

It reads one JSON object from standard input and writes one to standard output. Needs the checkout's package on the
path and the standard library, nothing of newop_gen.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]
Leaves = dict[tuple[Any, ...], float]


def leaves_of(table: Any) -> tuple[Leaves, list[tuple[Any, ...]]]:
    """Leaves by path, and the paths of empty dicts; a loader may give a tuple of tables."""
    leaves: Leaves = {}
    empty: list[tuple[Any, ...]] = []

    def walk(node: Any, path: tuple[Any, ...]) -> None:
        if isinstance(node, dict) and "latency" in node:
            leaves[path] = node["latency"]
        elif isinstance(node, dict):
            if not node:
                empty.append(path)
            for key, below in node.items():
                walk(below, (*path, key))
        elif isinstance(node, (int, float)):
            leaves[path] = node

    for number, part in enumerate(table if isinstance(table, tuple) else (table,)):
        for key, below in (part or {}).items():
            walk(below, (number, key))
    return leaves, empty


@contextlib.contextmanager
def reading(module: Any, readers: list[str], change: Change) -> Iterator[list[Row]]:
    """Puts a change of the rows between a loader and what it reads with. Gives the rows that were read."""
    seen: list[Row] = []

    def changed(rows: Iterable[Row] | None) -> list[Row] | None:
        if rows is None:
            return None
        seen[:] = rows
        return change(seen)

    def around(reader: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: changed(reader(*args, **kwargs))

    own = {name: getattr(module, name) for name in readers if hasattr(module, name)}
    plain = csv.DictReader
    for name, reader in own.items():
        setattr(module, name, around(reader))
    if not own:
        setattr(csv, "DictReader", around(plain))  # noqa: B010 - a type, to a checker
    try:
        yield seen
    finally:
        setattr(csv, "DictReader", plain)  # noqa: B010
        for name, reader in own.items():
            setattr(module, name, reader)


def load(task: dict[str, Any], path: str, change: Change) -> tuple[list[Row], Leaves, list[tuple[Any, ...]]]:
    module = importlib.import_module(task["module"])
    with reading(module, task["readers"], change) as rows:
        table = getattr(module, task["function"])(path)
    leaves, empty = leaves_of(table)
    return rows, leaves, empty


def raised(rows: list[Row], columns: list[str]) -> list[Row]:
    """The rows as a second source could have them: with other measurements."""
    return [
        {k: str(2 * float(v) + 1) if k in columns and v not in (None, "") else v for k, v in row.items()}
        for row in rows
    ]


def try_loader(task: dict[str, Any]) -> dict[str, Any]:
    """What becomes of the rows of each file. Counts: `rows` read, `leaves` kept, `empty` dicts left behind; leaves that
    `differ` when the rows come in the opposite order, that are `replaced` by those of a second source; `lost`: see
    there."""
    columns: list[str] = task["measured"]
    files = []
    for path in task["files"]:
        rows, leaves, empty = load(task, path, lambda rows: rows)
        backwards = load(task, path, lambda rows: rows[::-1])[1]
        twice = load(task, path, lambda rows: rows + raised(rows, columns))[1]
        files.append(
            {
                "file": path,
                "rows": len(rows),
                "leaves": len(leaves),
                "empty": len(empty),
                "lost": lost(rows, leaves, empty, task["branches"]),
                "differ": sum(backwards.get(p) != latency for p, latency in leaves.items()),
                "replaced": sum(twice.get(p) != latency for p, latency in leaves.items()),
            }
        )
    return {"files": files}


def lost(rows: list[Row], leaves: Leaves, empty: list[tuple[Any, ...]], branches: list[str]) -> dict[str, Any] | None:
    """The rows that empty dicts stand for: those that have, in a column, a text that all empty paths share and that no
    leaf has; all rows when nothing is kept."""
    if not empty:
        return None
    if not leaves:
        return {"value": None, "rows": len(rows)}
    shared = set.intersection(*({part for part in path if isinstance(part, str)} for path in empty))
    kept = {part for path in leaves for part in path}
    found = []
    for column in rows[0] if rows else ():
        values = [row.get(column) for row in rows]
        # What the loader itself tells rows apart by says best which they are; else what does so most roughly.
        rank = (column not in branches, len(set(values)))
        found += [(rank, text, values.count(text)) for text in shared - kept if text in values]
    if not found:
        return None
    _, text, number = min(found)
    return {"value": text, "rows": number}


def try_keys(task: dict[str, Any]) -> dict[str, Any]:
    """A look-up of a key that no row has, in the first dict that makes missing keys: keys there before and after."""
    module = importlib.import_module(task["module"])
    table = getattr(module, task["function"])(task["files"][0])
    node: Any = next((part for part in (table if isinstance(table, tuple) else (table,)) if part), {})
    level = 1
    if task["wrapped"] and node:  # the wrapper copies the first level into a dict of its own
        node, level = next(iter(node.values())), 2
    while isinstance(node, dict) and node and getattr(node, "default_factory", None) is None and "latency" not in node:
        node, level = next(iter(node.values())), level + 1
    if getattr(node, "default_factory", None) is None:
        return {"made": None}
    before = len(node)
    node["no such key"]
    return {"made": {"level": level, "before": before, "after": len(node), "file": task["files"][0]}}


def try_load(task: dict[str, Any]) -> dict[str, Any]:
    """How a loader fails on a file, if it does."""
    try:
        getattr(importlib.import_module(task["module"]), task["function"])(task["files"][0])
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"[:300]}
    return {"failed": None}


def helper(reference: dict[str, Any]) -> Callable[..., Any]:
    """A function of the tree; a method gets an object that has what its class sets to constants, and no table."""
    module = importlib.import_module(reference["module"])
    if not reference["owner"]:
        return getattr(module, reference["function"])  # type: ignore[no-any-return]
    owner = getattr(module, reference["owner"])
    held = object.__new__(owner)
    for name, value in reference["state"].items():
        setattr(held, name, dict(value) if isinstance(value, dict) else value)
    return getattr(held, reference["function"])  # type: ignore[no-any-return]


def slices_of(table: Any, depth: int) -> Iterator[dict[Any, Any]]:
    """The dicts that are found `depth` keys down."""
    if depth == 0:
        if isinstance(table, dict) and table and "latency" not in table:
            yield table
    elif isinstance(table, dict):
        for below in table.values():
            yield from slices_of(below, depth - 1)


def latency_of(given: Any) -> float:
    return float(given["latency"] if isinstance(given, dict) else given)


def axis_values(grid: dict[Any, Any], axes: int) -> list[list[Any]] | None:
    """By axis the values that all branches of a grid have, sorted; None when it is no grid of numbers that deep."""
    level = [grid]
    found: list[list[Any]] = []
    for _ in range(axes):
        if not all(isinstance(node, dict) and node and "latency" not in node for node in level):
            return None
        shared = set.intersection(*(set(node) for node in level))
        if not all(isinstance(value, (int, float)) for value in shared):
            return None
        found.append(sorted(shared))
        level = [below for node in level for below in node.values()]
    return found


def all_values(grid: dict[Any, Any], axes: int) -> list[set[Any]]:
    """By axis the values that any branch has."""
    level = [grid]
    found: list[set[Any]] = []
    for _ in range(axes):
        found.append(set().union(*level))
        level = [below for node in level for below in node.values()]
    return found


@functools.lru_cache(maxsize=8)
def loaded(module: str, function: str, path: str) -> Any:
    """A table that is only read; several tasks ask for the same."""
    return getattr(importlib.import_module(module), function)(path)


def try_between(task: dict[str, Any]) -> dict[str, Any]:
    """The tree's look-up between the points of each slice: `slices` with more than a point, `single` by axis those
    where it has one value; of the look-ups on that value and halfway between two of the others, how many `worked` (gave
    a number between those of the slice) and which `failed`."""
    look_up = helper(task["helper"])
    axes: int = task["axes"]
    answer: dict[str, Any] = {"slices": 0, "single": [0] * axes, "worked": 0, "failed": []}
    for path in task["files"]:
        tried = 0
        for grid in slices_of(loaded(task["module"], task["function"], path), task["depth"]):
            values = axis_values(grid, axes)
            if values is None:
                continue
            leaves = list(leaves_of({0: grid})[0].values())
            if len(leaves) < 2:
                continue
            answer["slices"] += 1
            single = [len(v) == 1 for v in all_values(grid, axes)]
            answer["single"] = [count + one for count, one in zip(answer["single"], single)]
            # A ragged grid fails for another reason; a few look-ups per file are enough.
            if not any(single) or not all(one or len(v) > 1 for one, v in zip(single, values)) or tried == 3:
                continue
            tried += 1
            point = [v[0] if one else (v[0] + v[1]) / 2 for one, v in zip(single, values)]
            what = outcome(look_up, (*point, grid, *task["arguments"]), leaves)
            if what is None:
                answer["worked"] += 1
            else:
                answer["failed"].append({"file": path, "what": what})
        if answer["slices"] not in (0, *answer["single"]):
            break  # every axis has several values somewhere: it is a grid
    return answer


def outcome(look_up: Callable[..., Any], arguments: tuple[Any, ...], leaves: list[float]) -> str | None:
    """What is wrong with an answer between the leaves: None when it is one of their range."""
    try:
        given = latency_of(look_up(*arguments))
    except Exception as error:
        return type(error).__name__
    if not min(leaves) <= given <= max(leaves):
        return f"{given:.4g} ms, where all that was measured is from {min(leaves):.4g} to {max(leaves):.4g}"
    return None


def try_below(task: dict[str, Any]) -> dict[str, Any]:
    """The tree's line through the two smallest values of each curve, at 1: `curves` that begin above it, those of them
    that are `negative` there, the `lowest` (ms) and its `file`."""
    bracket, line = helper(task["bracket"]), helper(task["line"])
    answer: dict[str, Any] = {"curves": 0, "negative": 0, "lowest": 0.0, "file": ""}
    for path in task["files"]:
        for curve in slices_of(loaded(task["module"], task["function"], path), task["depth"]):
            numbers = [value for value in curve if isinstance(value, (int, float))]
            if len(numbers) < 2 or len(numbers) < len(curve) or min(numbers) <= 1:
                continue
            low, high = bracket(1, numbers, False)
            given = latency_of(line([low, high], [curve[low], curve[high]], 1))
            answer["curves"] += 1
            if given < 0:
                answer["negative"] += 1
                if given < answer["lowest"]:
                    answer |= {"lowest": given, "file": path}
    return answer


def try_helper(task: dict[str, Any]) -> dict[str, Any]:
    """What a helper gives halfway between two leaves."""
    module = importlib.import_module(task["module"])
    function = getattr(getattr(module, task["owner"]) if task["owner"] else module, task["function"])
    leaves = [{"latency": 1.0, "power": 500.0, "energy": 500.0}, {"latency": 2.0, "power": 500.0, "energy": 1000.0}]
    arguments = [[1, 2], leaves, 1.5]
    return {"given": dict(function(object(), *arguments) if task["owner"] else function(*arguments))}


TASKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "loader": try_loader,
    "keys": try_keys,
    "helper": try_helper,
    "load": try_load,
    "between": try_between,
    "below": try_below,
}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what imported code prints is no answer
    request = json.load(sys.stdin)
    sys.path[:0] = request["roots"]
    try:
        importlib.import_module(request["import"])
    except BaseException as error:
        json.dump({"error": f"{type(error).__name__}: {error}"}, answers)
        return
    results: dict[str, Any] = {}
    for name, task in request["tasks"].items():
        try:
            results[name] = TASKS[task["kind"]](task)
        except Exception as error:
            results[name] = {"error": f"{type(error).__name__}: {error}"[:300]}
    json.dump({"results": results}, answers, default=str)
    answers.flush()
    os._exit(0)  # threads that a release's libraries left behind would abort an interpreter that ends as usual


if __name__ == "__main__":
    main()
