"""Replays where ops are compiled: the generated op beside upstream's own in one build, asked the same questions.

There is no query method: both are objects of compiled classes, which the release's engine evaluates on the same table
under two names. What is upstream's is said here by class and params; points, rows and tables are the catalog's.
"""

from __future__ import annotations

import contextlib
import functools
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from support.applying import SPECS
from support.compiled import EVERY, builder, together
from support.releases import copy_release
from support.standing import standing

from newop_gen.checkout.tree import Tree
from newop_gen.layouts.base import Facts
from newop_gen.layouts.recognise import layout_of
from newop_gen.model.loaded import load_op
from newop_gen.model.op import Op
from newop_gen.verify.compiled.make import Profile
from newop_gen.verify.session import Extension, Session, session

from .catalog import BY_NAME
from .engine_rules import (
    BETWEEN_HEADS,
    DELTA,
    LOST,
    MODES,
    NO_FIGURE,
    REFUSED,
    SEVERAL,
    STAND_IN,
    SUBSTITUTED,
    TABLE_MODES,
    Outcome,
    Rule,
    equal,
)
from .inside import evenly
from .kinds import SILICON, SOL, Point, Replay
from .points import measured, random_points
from .run import FULL, Done, Size
from .tables import read_rows
from .trial import Tally

NO_TABLE = "SOL, no table"
RUN_TIME = ("x", "b", "s", "prefix")
SYSTEMS = ("h200_sxm",)  # whose tables the specs' own go beside
AT_ONCE = 2000  # calls in one request
EXAMPLES = 3


@dataclass(frozen=True)
class Compiled:
    """Upstream's side of a replay: its class, and what that is given at a point, by its own names. Run-time sizes are
    the point's unless they are given."""

    replay: Replay
    spec: str  # path of the spec below specs/upstream, without its suffix
    owner: str
    given: Callable[[Point], Mapping[str, Any]]
    rules: tuple[Rule, ...] = ()

    @property
    def phase(self) -> str:
        return "generation" if "generation" in self.replay.query else "context"

    @property
    def is_context(self) -> bool:
        return self.phase == "context"

    @property
    def modes(self) -> tuple[str, ...]:
        """Those in which upstream's op answers for itself; without modes of its own, it has its SOL without a table."""
        return MODES if self.replay.own_modes else (NO_TABLE, *TABLE_MODES)


def _as(**names: str) -> Callable[[Point], Mapping[str, Any]]:
    """Upstream's name of each param, and the point's."""
    return lambda p: {theirs: p[ours] for theirs, ours in names.items()}


def _state(phase: str, **names: str) -> Callable[[Point], Mapping[str, Any]]:
    return lambda p: {"phase": phase, "kernel_source": p["kernel_source"], **_as(**names)(p)}


def _module(context: bool, cache: str) -> Callable[[Point], Mapping[str, Any]]:
    names = {n: n for n in ("num_heads", "fmha_quant_mode", "gemm_quant_mode")} | {"kvcache_quant_mode": cache}
    return lambda p: {"is_context": context, **_as(**names)(p)}


def _mhc(p: Point) -> Mapping[str, Any]:
    sizes = {name: p[name] for name in ("hidden_size", "hc_mult", "sinkhorn_iters", "quant_mode")}
    return {"op": p["stage"], "architecture": "DeepseekV4ForCausalLM", **sizes}


def _bmm(p: Point) -> Mapping[str, Any]:
    """Upstream's token count is the batch."""
    return {
        "num_heads": p["num_heads"],
        "quant_mode": p["quant_mode"],
        "if_pre": p["stage"] == "mla_gen_pre",
        "b": p["x"],
    }


def _kda(phase: str) -> Replay:
    """The replay of gdn on kda's table, whose columns are the same."""
    query = f"query_{phase}_replay_kda"
    return replace(BY_NAME[f"gdn, {phase}"], name=f"kda, {phase}", file="kda_perf", query=query, op="replay_kda")


MAMBA2 = {n: n for n in ("nheads", "head_dim", "d_state", "d_conv", "n_groups", "chunk_size")} | {
    "hidden_size": "d_model"
}
LATENT = {n: n for n in ("num_heads", "kvcache_quant_mode", "fmha_quant_mode")}
SPARSE = {n: n for n in ("num_heads", "kv_cache_dtype", "gemm_quant_mode", "architecture")}

COMPILED = (
    Compiled(BY_NAME["mhc_module"], "mhc_module", "DeepSeekV4MHCModule", _mhc, (NO_FIGURE,)),
    *(Compiled(BY_NAME[f"gdn, {p}"], "compiled/gdn", "GDNKernel", _state(p, **DELTA)) for p in ("context", "generation")),
    *(Compiled(_kda(p), "kda", "KDAKernel", _state(p, **DELTA), (STAND_IN,)) for p in ("context", "generation")),
    Compiled(BY_NAME["mamba2, context"], "mamba2", "Mamba2Kernel", _state("context", **MAMBA2)),
    Compiled(BY_NAME["mamba2, generation"], "mamba2", "Mamba2Kernel", _state("generation", **MAMBA2), (LOST,)),
    Compiled(BY_NAME["context_mla"], "context_mla", "ContextMLA", _as(**LATENT)),
    Compiled(
        BY_NAME["generation_mla"], "generation_mla", "GenerationMLA",
        _as(num_heads="num_heads", kv_cache_dtype="kvcache_quant_mode"),
    ),
    Compiled(BY_NAME["mla_bmm"], "mla_bmm", "MLABmm", _bmm, (SUBSTITUTED, BETWEEN_HEADS, NO_FIGURE)),
    Compiled(
        BY_NAME["context_mla_module"], "compiled/context_mla_module", "MLAModule", _module(True, "kvcache_quant_mode"), (SEVERAL,)
    ),
    Compiled(
        BY_NAME["generation_mla_module"], "compiled/generation_mla_module", "MLAModule", _module(False, "kv_cache_dtype"), (SEVERAL,)
    ),
    Compiled(
        BY_NAME["encoder_attention"], "encoder_attention", "EncoderAttention",
        _as(**{n: n for n in ("num_heads", "head_size", "fmha_quant_mode")}), (REFUSED,),
    ),
    Compiled(BY_NAME["generation_dsa_module"], "generation_dsa_module", "GenerationDSAModule", _as(**SPARSE), (NO_FIGURE,)),
)  # fmt: skip
NAMES = tuple(one.replay.name for one in COMPILED)


@dataclass
class Asked:
    """Both ops on one real table, asked through a session with the build. `empty`: upstream's is asked without it."""

    session: Session
    one: Compiled
    op: Op
    facts: Facts
    table: Path
    systems: Path
    scratch: Path
    _handles: dict[bool, str] = field(default_factory=dict)

    @functools.cached_property
    def configurations(self) -> list[Point]:
        """Those of a kernel that its table has."""
        named = ("kernel_source", *DELTA)
        rows = measured(self.one.replay, read_rows(self.table))
        return [dict(c) for c in dict.fromkeys(tuple((n, p[n]) for n in named) for p in rows)]

    def ask(self, points: Sequence[Point], mode: str) -> Iterator[tuple[Point, Outcome, Outcome]]:
        """Each point with upstream's outcome and ours."""
        alone = mode == NO_TABLE
        for start in range(0, len(points), AT_ONCE):
            some = points[start : start + AT_ONCE]
            theirs = self._outcomes("theirs", [(p, self.one.given(p)) for p in some], SILICON if alone else mode, alone)
            given = [(p, {n: p[n] for n in self.op.params}) for p in some]
            yield from zip(some, theirs, self._outcomes("ours", given, SOL if alone else mode, False), strict=True)

    def _outcomes(self, side: str, asked: Sequence[tuple[Point, Any]], mode: str, empty: bool) -> list[Outcome]:
        calls = [[side, self._sent(point, given), mode] for point, given in asked]
        found: list[Outcome] = self.session.ask("query", handle=self._open(empty), calls=calls)
        return found

    def _sent(self, point: Point, given: Mapping[str, Any]) -> dict[str, Any]:
        """What is sent: modes as members, and the sizes that are known at run time."""
        kinds = self._kinds(given)
        sent = {n: {"enum": [kinds[n], self.facts.mode_name(v)]} if n in kinds else v for n, v in given.items()}
        return {**{n: point[n] for n in RUN_TIME if n in point}, **sent}

    def _kinds(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The enum of each mode that is given: upstream's params have the names of ours, but for the cache's."""
        kinds = {n: p.type for n, p in self.op.params.items() if n in self.op.quant_params}
        kinds |= {"fmha_quant_mode": "FMHAQuantMode", "kvcache_quant_mode": "KVCacheQuantMode"}
        kinds |= {"kv_cache_dtype": "KVCacheQuantMode"}
        return {n: kinds[n] for n in given if n in kinds}

    def _open(self, empty: bool) -> str:
        if empty not in self._handles:
            self._declare()
            where = self.root(empty)
            self._handles[empty] = handle = Path(where["root"]).name
            self.session.ask("open", handle=handle, **where)
        return self._handles[empty]

    def root(self, empty: bool = False) -> dict[str, str]:
        """A system root that holds the table under both names, and what it is of."""
        system, family, backend, version = self.table.parts[-5:-1]
        root = Path(tempfile.mkdtemp(dir=self.scratch))
        folder = root / "data" / system / family / backend / version
        folder.mkdir(parents=True)
        shutil.copyfile(self.systems / f"{system}.yaml", root / f"{system}.yaml")
        for name in () if empty else (self.table.name, f"{self._query.table.stem}.parquet"):
            shutil.copyfile(self.table, folder / name)
        return {"system": system, "backend": backend, "version": version, "root": str(root)}

    def both(self, point: Point) -> list[tuple[str, dict[str, Any]]]:
        """Class and arguments of upstream's op at a point, and of ours, as they are sent."""
        ours = {n: point[n] for n in self.op.params}
        owners = self.one.owner, self.op.class_name(self._query.phase)
        return [(o, self._sent(point, given)) for o, given in zip(owners, (self.one.given(point), ours), strict=True)]

    @property
    def _query(self) -> Any:
        return next(q for q in self.op.queries if q.phase == self.one.phase or len(self.op.queries) == 1)

    def _declare(self) -> None:
        context = self._query.phase == "context"
        owners = {"theirs": [self.one.owner, context], "ours": [self.op.class_name(self._query.phase), context]}
        self.session.ask("declare", queries=owners, tables={})


def compare(asked: Asked, points: Sequence[Point], mode: str) -> Tally:
    """Answers sorted into equal, raised alike, explained and unexplained."""
    tally = Tally()
    for point, theirs, ours in asked.ask(points, mode):
        tally.points += 1
        errors = [side["error"]["class"] if "error" in side else "" for side in (theirs, ours)]
        if equal(theirs, ours):
            tally.equal += 1
            a, b = theirs["latency"], ours["latency"]
            tally.worst = max(tally.worst, abs(a - b) / max(abs(a), abs(b), 1e-300))
        elif errors[0] and errors[0] == errors[1]:
            tally.alike += 1
        else:
            rules = [r for r in asked.one.rules if mode in r.modes and r.check(asked, point, theirs, ours)]
            if rules:
                tally.explained[rules[0].name] += 1
                continue
            tally.unexplained += 1
            if len(tally.examples) < EXAMPLES:
                tally.examples.append(f"{point}: {theirs} there, {ours} here")
    return tally


def tables_of(systems: Path, replay: Replay) -> list[Path]:
    """Every real table of the op, each content once; the longest first."""
    found: dict[bytes, Path] = {}
    for path in sorted(systems.glob(f"data/*/*/*/*/{replay.file}.parquet"), key=lambda p: (-p.stat().st_size, str(p))):
        if (systems / f"{path.parts[-5]}.yaml").is_file():
            found.setdefault(path.parts[-5].encode() + path.read_bytes(), path)
    return list(found.values())


@dataclass(frozen=True)
class Bench:
    """A build with every spec in it, a session that has it loaded, and the release's own tables."""

    session: Session
    tree: Tree
    facts: Facts
    specs: Mapping[str, Path]
    systems: Path
    scratch: Path

    def asked(self, one: Compiled, table: Path) -> Asked:
        op = Op.from_spec(load_op(self.specs[one.spec]).spec)
        return Asked(self.session, one, op, self.facts, table, self.systems, self.scratch)

    def points(self, one: Compiled, table: Path, count: int | None, others: int) -> list[Point]:
        """Measured points (None: all), and others around them."""
        collected = measured(one.replay, read_rows(table))
        if not collected:
            return []
        chosen = evenly(collected, count)
        return chosen + list(random_points(one.replay, collected, others, "/".join(table.parts[-5:-1])))


@contextlib.contextmanager
def bench(
    release: str, report: Callable[[str], None], systems: Sequence[str] | None = None, profile: Profile = "dev"
) -> Iterator[Bench]:
    """Builds the release with every spec in it. `systems`: whose real tables are there (None: all)."""
    with tempfile.TemporaryDirectory(prefix="newop-replay-") as name:
        scratch = Path(name)
        specs = together(scratch)
        real = copy_release(release, scratch / "real", systems=systems).root
        with standing(release, specs, systems=SYSTEMS) as root, builder(root) as made:
            built = replace(made, profile=profile).make("extension")
            loaded = Extension(made.crate.module, str(built.path), built.sha256)
            tree = Tree.open(root)
            with session(root, Path(made.python), report, loaded) as asked:
                upstream = SPECS / "upstream"
                own = {
                    path.relative_to(upstream).with_suffix("").as_posix(): put_in
                    for path, put_in in zip(EVERY, specs)
                    if path.is_relative_to(upstream)
                }
                facts = layout_of(tree).facts(tree)
                yield Bench(asked, tree, facts, own, real / Path(tree.places.sdk).parent / "systems", scratch)


def run(
    release: str,
    names: Collection[str] | None = None,
    size: Size = FULL,
    tables: int | None = None,
    seconds: float = math.inf,
    known: Collection[tuple[str, str, str]] = (),
) -> Iterator[Done]:
    """As `replay.run.run`, for one release, one table after the other."""
    end = time.monotonic() + seconds
    chosen = [one for one in COMPILED if names is None or one.replay.name in names]
    with bench(release, lambda line: None) as made:
        work = [(rank, one, t) for one in chosen for rank, t in enumerate(tables_of(made.systems, one.replay)[:tables])]
        for _, one, table in sorted(work, key=lambda item: item[0]):
            place = "/".join(table.parts[-5:-1])
            if (release, one.replay.name, place) in known:
                continue
            late = time.monotonic() > end
            yield Done(release, one.replay.name, place, {} if late else _result(made, one, table, size))


def _result(made: Bench, one: Compiled, table: Path, size: Size) -> dict[str, Any]:
    points = made.points(one, table, size.measured, size.random)
    asked = made.asked(one, table)
    tallies = {mode: vars(compare(asked, points, mode)) for mode in one.modes if points}
    return {"modes": tallies, "rows": len(read_rows(table)), "measured": len(points)}
