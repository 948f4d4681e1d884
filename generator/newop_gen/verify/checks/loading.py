"""From file to table: what the loader makes of a file, what the database keeps, which points it adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...layouts.base import Loading
from ...model.op import Table
from ...model.supported import supported
from ...sol.quants import canonical
from ...spec.model import Nesting
from ...tables.filing import Leaf, Path, grids_of
from ..bench import Bench
from ..causes.loading import explain_leaves, explain_loader_error, explain_registration
from ..expectation import Dataset, off, told
from ..grid import LINEAR, filled
from ..result import Cause, CheckResult, Tally
from ..table import decoded, encoded


def leaves(bench: Bench, data: Dataset) -> list[CheckResult]:
    """Every loader on its own file: leaves equal distinct keys, the first row of a key wins. An engine has no loader
    that could be asked alone: it is asked for the table, and for each point of it."""
    loading = bench.rules.loading
    if loading is None:
        return []
    return [_leaves(bench, loading, data, t) for t in bench.op.tables if t.member in data.models]


def _leaves(bench: Bench, loading: Loading, data: Dataset, table: Table) -> CheckResult:
    model = data.models[table.member]
    tally = Tally(
        f"leaves:{table.member}",
        "its leaves are the file's distinct keys, typed; the first row of a key wins; energy is power * latency",
        1e-12,
    )
    tally.note = f"{len(model.leaves)} keys; {model.repeated} rows repeat one, {model.left_out} are not the op's"
    path = bench.roots[data.name].files[bench.file_name(table)]
    found = bench.session.attempt(
        "load",
        name=table.loader,
        modules=bench.loader_modules,
        path=str(path),
        sources=loading.sources,
    )
    if not isinstance(found, list):
        text = "None" if found is None else told(found)
        tally.holds(False, table.loader, f"{len(model.leaves)} leaves", text)
        tally.blame(explain_loader_error(found))
        return tally.result()
    got = {_frozen(p): leaf for p, leaf in found}
    tally.holds(len(found) == len(model.leaves), table.loader, f"{len(model.leaves)} leaves", f"{len(found)}")
    for keys, leaf in model.leaves.items():
        sent = _frozen([encoded(k, bench.facts) for k in keys])
        where = f"{table.loader}: {_path_text(keys)}"
        if sent not in got:
            tally.holds(False, where, "a leaf", "no such key")
            continue
        _compare_leaf(tally, where, leaf, got[sent])
    if tally.failed:
        tally.blame(explain_leaves(model, found))
    return tally.result()


def _compare_leaf(tally: Tally, where: str, leaf: Leaf, got: Any) -> None:
    tally.points += 1
    if not isinstance(got, dict) or not all(
        isinstance(got.get(n), (int, float)) for n in ("latency", "power", "energy")
    ):
        tally.fail(where, "latency, power and energy", f"{got}")
        return
    worst = max(off(got[n], v, v) for n, v in zip(("latency", "power", "energy"), leaf))
    tally.deviation(worst)
    if worst > 1e-12:
        tally.fail(where, _leaf_text(leaf), f"{got['latency']:.9g} ms, {got['power']:.9g} W, {got['energy']:.9g} W*ms")


def registration(bench: Bench, data: Dataset) -> list[CheckResult]:
    """The database holds each table under its own name."""
    results = []
    for table in bench.op.tables:
        if table.member not in data.models:
            continue
        model = data.models[table.member]
        tally = Tally(
            f"registration:{table.member}", f"the database has the collected points in {table.attribute}", 1e-12
        )
        opened = bench.opened[data.handle]
        raw = opened if isinstance(opened, dict) else data.raw[table.member]
        if not isinstance(raw, list):
            text = "None" if raw is None else told(raw)
            tally.holds(False, table.attribute, f"{len(model.leaves)} leaves", text)
            tally.blame(explain_registration(bench, data, table, raw))
            results.append(tally.result())
            continue
        got = {tuple(decoded(k) if isinstance(k, dict) else k for k in path): leaf for path, leaf in raw}
        if bench.compiled:
            tally.holds(len(raw) == len(model.leaves), table.attribute, f"{len(model.leaves)} leaves", f"{len(raw)}")
        for path, leaf in model.leaves.items():
            where = f"{table.attribute}: {_path_text(path)}"
            if path in got and bench.compiled:
                _compare_leaf(tally, where, leaf, got[path])
                continue
            tally.points += 1
            if path not in got:
                tally.fail(where, "a leaf", "no such key")
                continue
            worst = off(got[path].get("latency", float("nan")), leaf.latency, leaf.latency)
            tally.deviation(worst)
            if worst > 1e-12:
                tally.fail(where, _leaf_text(leaf), str(got[path]))
        if tally.failed:
            tally.blame(explain_registration(bench, data, table, raw))
            if bench.compiled:
                tally.blame(explain_leaves(model, raw))
        results.append(tally.result())
    return results


def pre_interpolation(bench: Bench, data: Dataset) -> list[CheckResult]:
    """The points that the database adds to a grid."""
    if not bench.rules.fills_grid:
        return []
    results = []
    by_line: bool = bench.session.ask("energy_by_line")
    for table in bench.op.tables:
        phases = [p for p in table.phases if bench.op.nesting(p).pre_interpolate]
        if not phases or table.member not in data.models:
            continue
        tally = Tally(
            f"pre-interpolation:{table.member}",
            "every target is filled in, along lines through its neighbours, with energy "
            + ("on a line of its own" if by_line else "= power * latency"),
            LINEAR,
        )
        for phase in phases if table.phase_column else phases[:1]:
            model = data.models[table.member]
            nodes = data.nodes.get(table.member)
            raw = data.raw[table.member]
            if isinstance(raw, list) and any("energy" not in leaf for _, leaf in raw):
                count = sum("energy" not in leaf for _, leaf in raw)
                tally.holds(False, table.attribute, "energy in every leaf", f"{count} leaves without")
                tally.blame(
                    Cause(
                        "added-points-without-energy",
                        "points that pre-interpolation adds have no energy: the helper stores latency and power only, "
                        "and the block after it must set energy = power * latency",
                    )
                )
            if nodes is None:
                tally.holds(False, table.attribute, "a table", "none that could be read")
                continue
            here, there = grids_of(bench.op, table, phase, model.leaves), grids_of(bench.op, table, phase, nodes)
            for keys, grid in here.items():
                _added(tally, bench.op.nesting(phase), keys, grid, there.get(keys, {}), by_line)
        results.append(tally.result())
    return results


def _added(
    tally: Tally,
    nesting: Nesting,
    keys: Path,
    collected: Mapping[Any, Any],
    nodes: Mapping[Any, Any],
    by_line: bool,
) -> None:
    """The points of one grid. What energy an added point has is the release's own rule: that of the helper where that
    fills in energy as it does latency (`by_line`), else power * latency."""
    wanted = filled(nesting, collected)
    energies = filled(nesting, collected, which=2) if by_line else None
    if wanted is None:
        tally.note = "grids with gaps are left to the helper"
        return
    absent = wrong = 0
    for at, latency in wanted.items():
        node: Any = nodes
        for value in at:
            node = node.get(value) if isinstance(node, Mapping) else None
        where = f"{_path_text((*keys, *at))}"
        tally.points += 1
        if not isinstance(node, Leaf):
            absent += 1
            tally.fail(where, "a point", "nothing")
            continue
        if latency is None:
            continue
        worst = max(off(node.latency, latency, latency), 0.0)
        energy = node.power * node.latency if energies is None else energies[at]
        if energy is None:
            energy = node.energy
        if node.energy == node.energy:  # a leaf without energy was told already
            worst = max(worst, off(node.energy, energy, energy))
        tally.deviation(worst)
        if worst > LINEAR:
            wrong += 1
            tally.fail(where, f"{latency:.9g} ms, {energy:.9g} W*ms", f"{node.latency:.9g} ms, {node.energy:.9g} W*ms")
    if absent:
        tally.blame(
            Cause(
                "pre-interpolation-missing",
                "targets of the spec are not in the grid: the pre-interpolation block is not there, runs on another "
                "table, or asks for other targets",
            )
        )
    elif wrong:
        tally.blame(
            Cause(
                "pre-interpolation-wrong",
                "added points are not on the line through their neighbours: sqrt along the second axis set or left out "
                "against the spec, or targets in the wrong order",
            )
        )


def support(bench: Bench) -> list[CheckResult]:
    """The support matrix lists the modes that the spec has and the table holds."""
    op, loading = bench.op, bench.rules.loading
    entries = supported(op) if loading is not None else []  # an engine's ops have no entries
    if not entries:
        return []
    tally = Tally("support-matrix", "supported_quant_mode lists the modes of the spec that the table has data of")
    if loading is not None and loading.lazy:  # the matrix is resolved from the tables when it is asked
        bench.raw_dump(bench.own, bench.op.tables[0])
    found = bench.session.ask("support", handle=bench.own.handle, names=[entry.name for entry in entries])
    for entry in entries:
        name, table, param, depth = entry.name, entry.table, entry.param, len(entry.above)
        there = {path[depth].mode for path in bench.own.models[table.member].leaves}
        wanted = [bench.facts.mode_name(m) for m in op.params[param].modes if canonical(m) in there]
        got = found.get(name) if isinstance(found, dict) else None
        tally.holds(
            got is not None and sorted(set(got)) == sorted(set(wanted)),
            f"supported_quant_mode[{name!r}]",
            f"{wanted}",
            f"{got}",
        )
    if tally.failed:
        tally.blame(
            Cause(
                "support-matrix", "the op's entry in the support matrix is missing, or lists other modes than the spec"
            )
        )
    return [tally.result()]


def _frozen(path: Any) -> Any:
    """A path as it came, hashable; 1 and 1.0 and "1" stay apart."""
    if isinstance(path, list):
        return tuple(_frozen(p) for p in path)
    if isinstance(path, dict):
        return tuple((k, _frozen(v)) for k, v in path.items())
    return type(path).__name__, path


def _path_text(path: Path) -> str:
    return "".join(f"[{getattr(key, 'mode', key)}]" for key in path)


def _leaf_text(leaf: Leaf) -> str:
    return f"{leaf.latency:.9g} ms, {leaf.power:.9g} W, {leaf.energy:.9g} W*ms"
