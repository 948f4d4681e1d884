"""Many random specs at once: planned against one fixture, applied to a copy, linted, imported, asked.

Specs that can stand in one tree are planned together, so that a tree is parsed, linted and imported once for all of
them; those that replace an op get a tree where nobody else is at that model.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from checkouts import built, copy_fixture, python_for, source_roots
from support import warm
from support.applying import assert_only_insertions, prepare, unclean
from wiring.sweep import facts_of, targets

from newop_gen.checkout.tree import Tree
from newop_gen.model.op import Op
from newop_gen.model.synthetic import header, table_rows
from newop_gen.problems import NewopError
from newop_gen.spec.load import LoadedSpec, load_spec
from newop_gen.spec.model import QUANT_TYPES, DataFile, Spec

from . import coverage, points
from .specs import Anchor, make

POINTS = 100


@dataclass
class Outcome:
    """What came of some specs: everything that was wrong, by seed, and what there was."""

    failures: list[str] = field(default_factory=list)
    covered: Counter[str] = field(default_factory=Counter)
    specs: int = 0
    asked: int = 0  # points
    refused: int = 0  # points without a value, where code raised as well
    bounds: Counter[str] = field(default_factory=Counter)

    def fail(self, what: str) -> None:
        self.failures.append(what[:2000])

    def add(self, other: Outcome) -> None:
        self.failures += other.failures
        self.covered += other.covered
        self.specs += other.specs
        self.asked += other.asked
        self.refused += other.refused
        self.bounds += other.bounds


def anchors(fixture: str) -> list[Anchor]:
    """Every op of every model of a fixture."""
    tree = Tree.open(built(fixture))
    return [Anchor(t.model, t.phase, t.anchor) for t in targets(tree, facts_of(tree))]


def run(fixture: str, seeds: Iterable[int], directory: Path, *, number: int = POINTS, again: bool = True) -> Outcome:
    """Runs the specs of `seeds` on `fixture`, in a directory of its own below `directory`."""
    outcome = Outcome()
    known = anchors(fixture)
    specs = []
    for seed in seeds:
        outcome.specs += 1
        loaded = load(seed, make(seed, known), directory / "specs", outcome)
        if loaded is not None:
            outcome.covered += coverage.count(loaded.spec)
            specs.append((seed, loaded))
    for batch_number, batch in enumerate(_batches(specs)):
        folder = directory / f"batch{batch_number}"
        folder.mkdir(parents=True)
        _Batch(fixture, batch, folder, number, outcome).run(again=again)
    return outcome


def load(seed: int, spec: dict[str, Any], folder: Path, outcome: Outcome) -> LoadedSpec | None:
    """A spec that was made, as it is read from its file; None, and a failure in `outcome`, where it is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{spec['op']}.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=1000), encoding="utf-8")
    try:
        loaded = load_spec(path)
    except NewopError as error:
        outcome.fail(f"seed {seed}: a spec that was meant to be valid is refused: {error}")
        return None
    op = Op.from_spec(loaded.spec)
    for data in loaded.spec.data:
        _write_table(op, data, folder)
    return loaded


def _write_table(op: Op, data: DataFile, folder: Path) -> None:
    table = next((t for t in op.tables if data.phase in t.phases), op.tables[0])
    rows = table_rows(op, table)
    columns = header(op, table, rows)
    lines = [",".join(columns)]
    lines += [",".join(_cell(row.cells.get(column, "0")) for column in columns) for row in rows]
    path = folder / data.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if '"' in text or "," in text else text


def _batches(specs: Sequence[tuple[int, LoadedSpec]]) -> list[list[tuple[int, LoadedSpec]]]:
    """Specs that do not get in each other's way: who replaces an op has its model to itself."""
    batches: list[tuple[set[str], set[str], list[tuple[int, LoadedSpec]]]] = []  # models wired, replaced in, specs
    for seed, loaded in specs:
        models, replaced = set(), set()
        for wiring in loaded.spec.wiring:
            names = {wiring.model} if isinstance(wiring.model, str) else set(wiring.model) - {"NoSuchModel"}
            models |= names
            replaced |= names if wiring.at.replace is not None else set()
        place = next((one for one in batches if not (one[1] & models or one[0] & replaced)), None)
        if place is None:
            place = (set(), set(), [])
            batches.append(place)
        place[0].update(models)
        place[1].update(replaced)
        place[2].append((seed, loaded))
    return [batch for _, _, batch in batches]


@dataclass
class _Batch:
    fixture: str
    specs: Sequence[tuple[int, LoadedSpec]]
    folder: Path
    number: int
    outcome: Outcome

    def run(self, *, again: bool) -> None:
        root = copy_fixture(self.fixture, self.folder)
        loaded = [spec for _, spec in self.specs]
        try:
            changes = prepare(loaded, root).changes
        except Exception:
            loaded = self._plannable(root, loaded)
            try:
                changes = prepare(loaded, root).changes
            except Exception as error:
                self.outcome.fail(f"{self.fixture}, specs together: {error}")
                return
        for change in changes:
            assert_only_insertions(change)
            path = root / change.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(change.after)
        if again and (left := prepare(loaded, root).changes):
            self.outcome.fail(f"{self.fixture}: a second apply would change {[c.path for c in left]}")
        for found in unclean(root, changes):
            self.outcome.fail(f"{self.fixture}: {found}")
        self._ask(root, [(seed, spec.spec) for seed, spec in self.specs if spec in loaded])

    def _plannable(self, root: Path, loaded: list[LoadedSpec]) -> list[LoadedSpec]:
        """Those that can be planned alone: one that can't is a finding, and must not hide the others."""
        good = []
        for spec in loaded:
            try:
                prepare([spec], root)
                good.append(spec)
            except Exception as error:
                self.outcome.fail(f"{self.fixture}, {spec.path.name}: {type(error).__name__}: {error}")
        return good

    def _ask(self, root: Path, specs: Sequence[tuple[int, Spec]]) -> None:
        ops = [(seed, Op.from_spec(spec)) for seed, spec in specs]
        asked = {query.method: points.points(op, query, self.number, seed) for seed, op in ops for query in op.queries}
        kwargs = {
            (op.name, phase): {n: points.usual(op, op.query(phase))[n] for n in op.params}
            for _, op in ops
            for phase in op.phases
        }
        request = {
            "systems": str(_systems(self.folder / "systems")),
            "databases": list(points.SYSTEMS),
            "enums": QUANT_TYPES,
            "modules": _model_modules(root),
            "ops": [
                {
                    "queries": [
                        {"method": q.method, "points": asked[q.method], "usual": points.usual(op, q)}
                        for q in op.queries
                    ],
                    "classes": [(op.class_name(phase), kwargs[op.name, phase]) for phase in op.phases],
                }
                for _, op in ops
            ],
        }
        answer = _inside(root, request, self.folder)
        if isinstance(answer, str):
            self.outcome.fail(f"{self.fixture}: the patched tree does not run: {answer[-1500:]}")
            return
        modes = points.Modes(answer["quants"])
        devices = [points.gpu(name, direct=not answer["helper"]) for name in points.SYSTEMS]
        for (seed, op), told in zip(ops, answer["ops"], strict=True):
            for query, answers, missing in zip(op.queries, told["queries"], told["missing"], strict=True):
                for number, (point, found) in enumerate(zip(asked[query.method], answers, strict=True)):
                    want = points.expected(query, point, modes, devices[number % len(devices)])
                    self._judge(f"seed {seed}, {query.method}({point})", want, *found)
                self._judge_missing(f"seed {seed}, {query.method}", op, *missing)
            for phase, found in zip(op.phases, told["weights"], strict=True):
                want = points.weights(op, phase, kwargs[op.name, phase], modes)
                doubled = want if isinstance(want, str) else want * 2
                if why := points.wrong(doubled, found):
                    self.outcome.fail(f"{self.fixture}: seed {seed}, weights in {phase}: {why}")

    def _judge(self, where: str, want: tuple[float, float, float] | str, sol: Any, full: Any) -> None:
        self.outcome.asked += 1
        if isinstance(want, str):
            self.outcome.refused += 1
        else:
            self.outcome.bounds["compute" if want[1] > want[2] else "memory"] += 1
        wrong = points.wrong(want, full) or points.wrong(want if isinstance(want, str) else want[0], sol)
        if not wrong and isinstance(full, list) and (full[0] != max(full[1:]) or sol != full[0]):
            wrong = f"SOL {sol}, of SOL_FULL {full}"
        if wrong:
            self.outcome.fail(f"{self.fixture}: {where}: {wrong}")

    def _judge_missing(self, where: str, op: Op, silicon: Any, sol: Any) -> None:
        """Without a table SILICON raises, or gives the SOL."""
        if op.spec.missing == "sol":
            good = silicon == sol
        else:
            good = isinstance(silicon, dict) and silicon["error"] == "PerfDataNotAvailableError"
        if not good:
            self.outcome.fail(f"{self.fixture}: {where} without a table: {silicon}, its SOL is {sol}")


def _systems(folder: Path) -> Path:
    """Two systems without tables, with peaks under the names of every release."""
    for name, figures in points.SYSTEMS.items():
        (folder / "data" / name / "trtllm" / "1.0.0").mkdir(parents=True)
        gpu = {k: v for k, v in figures.items() if k != "sixteen"}
        gpu |= {"float16_tc_flops": figures["sixteen"], "bfloat16_tc_flops": figures["sixteen"]}
        gpu |= {"mem_bw_empirical_scaling_factor": 0.8, "mem_empirical_constant_latency": 3e-06, "mem_capacity": 1e12}
        node = {"num_gpus_per_node": 8, "inter_node_bw": 5e10, "intra_node_bw": 4.5e11, "p2p_latency": 1e-05}
        misc = {"nccl_mem": {1: 0}, "other_mem": 0, "nccl_version": "0"}
        spec = {"data_dir": f"data/{name}", "gpu": gpu | {"power": 700, "sm_version": 90}, "node": node, "misc": misc}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    return folder


def _model_modules(root: Path) -> list[str]:
    """The modules that models are in: importing them runs what was put into them, as far as definitions go."""
    package = next(p for p in root.glob("**/sdk/models*") if p.name in ("models", "models.py"))
    if package.is_file():
        return ["aiconfigurator.sdk.models"]
    names = sorted(p.stem for p in package.glob("*.py") if p.stem != "__init__")
    return ["aiconfigurator.sdk.models", *(f"aiconfigurator.sdk.models.{name}" for name in names)]


def _inside(root: Path, request: dict[str, Any], folder: Path) -> Any:
    """The answer of a patched tree, or what it printed when it failed."""
    given, got = folder / "request.json", folder / "answer.json"
    given.write_text(json.dumps(request), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, source_roots(root))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    script = str(Path(__file__).with_name("inside.py"))
    python = python_for(root.name) or sys.executable
    done = warm.run(python, [script, str(given), str(got)], env=environment, cwd=root, timeout=600)
    return json.loads(got.read_text(encoding="utf-8")) if done.returncode == 0 else done.stdout + done.stderr


def summary(outcome: Outcome) -> str:
    """The coverage report: every item with its count, the rarest first."""
    lines = [f"{outcome.covered[item]:7}  {item}" for item in coverage.wanted()]
    missing = sorted(coverage.wanted() - set(outcome.covered))
    lines = sorted(lines, key=lambda line: (int(re.match(r" *(\d+)", line)[1]), line))  # type: ignore[index]
    head = (
        f"{outcome.specs} specs, {outcome.asked} points ({outcome.refused} without a value, alike in both; "
        f"{outcome.bounds['compute']} bound by compute, {outcome.bounds['memory']} by memory), "
        f"{len(outcome.failures)} failures, {len(missing)} of {len(lines)} items not covered"
    )
    return "\n".join([*lines, head])


def scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="newop-fuzz-")
