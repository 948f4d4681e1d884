"""Random valid specs: `make(seed, anchors)` is the same spec for the same seed, on every machine.

Every field of the format is used by some of them, and every alternative of a field. Names are taken where they can
hurt: from the words of the templates, whose code stands around them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from newop_gen.sol.check import compile_expr
from newop_gen.sol.formula import KEY, compile_formula
from newop_gen.sol.tokens import MAX_LENGTH
from newop_gen.sol.types import Type
from newop_gen.spec.model import NAME_PATTERN, QUANT_TYPES, Sol
from newop_gen.spec.reserved import reserved_param

from .texts import WORDS, Scope, Texts, env_of, valid

PHASES = ("context", "generation")
LONG = "a_name_as_long_as_a_name_may_ever_be_in_any_spec"
IDLE = ("KVCacheQuantMode", "CommQuantMode")
#: Modes that every release has, so that a spec is not refused for one that it lacks.
COMMON = {
    "GEMMQuantMode": ("bfloat16", "int8_wo", "fp8", "fp8_block", "nvfp4"),
    "MoEQuantMode": ("bfloat16", "fp8", "fp8_block", "w4afp8", "nvfp4"),
    "FMHAQuantMode": ("bfloat16", "fp8"),
    "KVCacheQuantMode": ("bfloat16", "int8", "fp8"),
    "CommQuantMode": ("half", "int8", "fp8"),
}
CONFIG = {
    "GEMMQuantMode": "self.config.gemm_quant_mode",
    "MoEQuantMode": "self.config.moe_quant_mode",
    "FMHAQuantMode": "self.config.fmha_quant_mode",
    "KVCacheQuantMode": "self.config.kvcache_quant_mode",
    "CommQuantMode": "self.config.comm_quant_mode",
}
SCOPE_INTS = ("self._num_layers", "self._num_heads", "self._hidden_size", "self.config.tp_size", "self.config.pp_size")
GRIDS = {
    "b": ("context_batch", "generation_batch"),
    "s": ("context_sequence", "context_sequence_16", "generation_sequence"),
    "x": ("context_sequence_16",),
}


class Anchor(NamedTuple):
    """An op of a model's list that a wiring can name."""

    model: str
    phase: str
    name: str


# Names that stand somewhere in the templates, as written on the day when they were picked: names from the templates of
# today would make other specs of the same seeds with every change there.
NAMES = """
a1 after alias alias_lines along annotation apply argument arguments asked_for assertion axis bad before below
binary binds cause charset chart checkout col comment complete constant count created curves cy dark debug
depends depth div divides don doubts each either encoding entry exact exception extrapolate fail failure
fallback family_first faster fewest figures file filename fixture fmt follows framework full_cell generator
given got grids h1 h4 has_cases head_size heads height hidden high hold img import_owner init initial inside j2
keeps_rows kernel kernels kind lambda_ left level levels links literal load loaded loader lookup low made_up
matrix max_ maxsize misc mode model modes much nccl_mem nccl_version nearest new newop no node none nothing
num_heads of old op_class order origin other_mem outliers pa pairs params part perf phase_value plane plus
points pq prompt pull py query_table raise_if_not_loaded raises region rel releases replace request review
reviewer right root rpartition run samples schema_version scheme scroll seen selectattr self_ serves shape share
sol_fn sol_ratio split sqrt status stems structural style style_digest substituted supported svg system tables
td terms test_loader_keeps_every_key_of_ text the they those three ticks title tokens topk trouble two type_
typing up used value_transform verification wants warning wins wiring without worked you
"""


def names() -> tuple[str, ...]:
    """Names for params, lets, constants and parts: those that could get in the way of the code around them."""
    words = {*NAMES.split(), LONG, f"{LONG[:46]}_2"}
    return tuple(sorted(w for w in words if re.fullmatch(NAME_PATTERN, w) and not reserved_param(w)))


def make(seed: int, anchors: Sequence[Anchor] = ()) -> dict[str, Any]:
    """The spec of a seed, as YAML would give it. `anchors` are what the tree that it is for can be wired at."""
    spec: dict[str, Any] = json.loads(json.dumps(_Maker(seed, anchors).spec()))  # no part stands in two places
    return spec


class _Maker:
    def __init__(self, seed: int, anchors: Sequence[Anchor]) -> None:
        self.seed = seed
        self.anchors = anchors
        self.random = random.Random(f"newop-gen fuzz {seed}")
        self.free = list(names())
        self.random.shuffle(self.free)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def name(self) -> str:
        return self.free.pop()

    def spec(self) -> dict[str, Any]:
        self.params = self.some_params()
        self.used = self.random.choice(
            [["context"], ["generation"], ["context", "generation"], ["generation", "context"]]
        )
        table = self.random.choice(["one", "per_phase", "phase_column"])
        self.table = table
        self.query = self.random.choice(["x", "b,s", "b,s"])
        prefixed = self.query == "b,s" and "context" in self.used and self.chance(0.6)
        self.prefix = self.random.choice(["quadratic", "sol_ratio"]) if prefixed else "none"
        spec: dict[str, Any] = {
            "newop": 1,
            "op": self.op_name(),
            "summary": self.words(),
            "params": self.params,
            "phases": self.phases(),
            "axis": {"query": self.query},
            "sol": self.per_phase(self.sol, 0.5),
            "nesting": self.nestings(),
            "empirical": self.per_phase(lambda phase: self.random.choice([0.8, 1, 0.3333333333333333, 1e-3, 2]), 0.3),
        }
        if not self.params:
            del spec["params"]
        if self.prefix != "none" or self.chance(0.5):
            spec["axis"]["prefix"] = self.prefix
        if self.chance(0.3):
            spec["class_name"] = f"Fuzz{self.seed}{self.random.choice(['', 'Op', 'X' * 50])}"
        if self.chance(0.6):
            spec["missing"] = self.random.choice(["raise", "sol"])
        if self.chance(0.6):
            spec["weights"] = self.weights()
        if self.anchors and self.chance(0.5):
            spec["wiring"] = self.wirings()
        if self.chance(0.2):
            spec["data"] = [self.data(phase) for phase in (self.used if table == "per_phase" else [None])]
        self.keep_used(spec)
        if self.chance(0.2):
            spec["unreached"] = {"traffic.bytes: the last arm": "nobody asks for it"}
        return spec

    def op_name(self) -> str:
        short = f"{self.random.choice(['fz', 'attn', 'moe_x', 'load', 'kernel'])}_{self.seed}"
        return f"{short}_{LONG}"[:48] if self.chance(0.15) else short

    def words(self) -> str:
        said = [
            "attends",
            'to "all" of it',
            "it's 100% {braces}",
            "a, b: c",
            "per-token",
            "caf\u00e9",
            "'quoted'",
            "# no comment",
        ]
        return " ".join(self.random.choice(said) for _ in range(self.random.randint(1, 12)))[:300].strip()

    def some_params(self) -> dict[str, Any]:
        params: dict[str, Any] = {}
        kinds = ["int"] * self.random.choice([0, 1, 1, 2, 3]) + ["str"] * self.random.choice([0, 0, 1, 2])
        kinds += [self.random.choice(QUANT_TYPES) for _ in range(self.random.choice([0, 0, 1, 2]))]
        self.random.shuffle(kinds)
        for kind in kinds:
            param: dict[str, Any] = {"type": kind}
            if self.chance(0.5):
                param["meaning"] = self.words()
            if self.chance(0.2):
                param["unit"] = self.random.choice(["elements", "bytes / token", "%"])
            if kind in COMMON:
                modes = COMMON[kind]
                param["modes"] = self.random.sample(modes, self.random.randint(1, len(modes)))
                param["otherwise"] = self.random.choice(param["modes"])
            params[self.name()] = param
        return params

    def of_type(self, *kinds: str) -> list[str]:
        return [name for name, param in self.params.items() if param["type"] in kinds]

    def per_phase(self, make: Any, probability: float) -> Any:
        """One value, or one for each phase."""
        if self.chance(probability):
            return {phase: make(phase) for phase in self.used}
        return make(None)

    def phases(self) -> dict[str, Any]:
        phases: dict[str, Any] = {"used": self.used, "table": self.table}
        if self.table == "phase_column" and self.chance(0.7):
            phases["column"] = self.random.choice(["phase", "Op_Phase", "stage"])
        if self.table == "phase_column" and self.chance(0.7):
            texts = self.random.sample(["pre fill", "decode", 'a "b"', "it's", "1"], len(self.used))
            phases["values"] = dict(zip(self.used, texts, strict=True))
        return phases

    # formulas

    def types(self, phase: str | None) -> dict[str, Type]:
        kinds = {"int": Type.INT, "str": Type.STR}
        types = {name: kinds.get(param["type"], Type.QUANT) for name, param in self.params.items()}
        types.update(dict.fromkeys(self.query.split(","), Type.INT))
        # A formula for both phases knows no prefix: in generation there is none.
        if self.prefix != "none" and "context" in ([phase] if phase else self.used) and (phase or len(self.used) == 1):
            types["prefix"] = Type.INT
        return types

    def sol(self, phase: str | None) -> dict[str, Any]:
        types = self.types(phase)
        sol: dict[str, Any] = {"let": {}, "parts": []}
        if (strs := env_of(types, Type.STR)) and self.chance(0.6):
            sol["constants"] = self.constants(strs)
            types |= self.columns_of(sol["constants"])
        scope = dict(types)
        for _ in range(self.random.choice([0, 1, 2, 3])):
            name = self.name()
            kind = self.random.choice([Type.INT, Type.INT, Type.REAL, Type.REAL, Type.BOOL, Type.QUANT, Type.STR])
            kind = kind if kind is not Type.STR or env_of(scope, Type.STR) else Type.INT
            sol["let"][name] = self.let(scope, kind)
            scope[name] = kind
        for _ in range(self.random.choice([1, 1, 2, 3])):
            form = self.random.choice(["flops", "bytes", "both"])
            part: dict[str, Any] = {"name": self.name()}
            if form != "bytes":
                part |= {"flops": self.number(scope), "precision": self.precision(scope)}
            if form != "flops":
                part["bytes"] = self.number(scope)
            sol["parts"].append(part)
        self.mend(sol, phase, scope)
        if not sol["let"]:
            del sol["let"]
        return sol

    def number(self, scope: Mapping[str, Type]) -> str:
        """A number that a formula has room for."""
        while len(text := self.text(scope).number(3)) > MAX_LENGTH:
            pass
        return text

    def columns_of(self, constants: Mapping[str, Any]) -> dict[str, Type]:
        rows = list(constants["rows"].values())
        return {c: Type.INT if all(type(r[c]) is int for r in rows) else Type.REAL for c in rows[0]}

    def constants(self, strs: Sequence[str]) -> dict[str, Any]:
        columns = [self.name() for _ in range(self.random.randint(1, 3))]
        keys = self.random.sample([w for w in WORDS if w], self.random.randint(1, 4))
        rows = {key: {c: self.random.choice([1, 64, 2048, 0.5, 128, 2**33]) for c in columns} for key in keys}
        table: dict[str, Any] = {"by": self.random.choice(strs), "rows": rows}
        if self.chance(0.5):
            table["otherwise"] = self.random.choice(keys)
        return table

    def scope(self, types: Mapping[str, Type], *, device: bool = True, precision: bool = False) -> Scope:
        idle = self.of_type(*IDLE) if precision else []
        quants = [q for q in env_of(types, Type.QUANT) if q not in idle]
        return Scope(
            env_of(types, Type.INT), env_of(types, Type.REAL), env_of(types, Type.STR), quants,
            env_of(types, Type.BOOL), device,
        )  # fmt: skip

    def text(self, types: Mapping[str, Type], *, device: bool = True) -> Texts:
        return Texts(self.random, self.scope(types, device=device))

    def let(self, types: Mapping[str, Type], kind: Type) -> str:
        texts = self.text(types)
        if kind is Type.BOOL:
            return texts.flag(2)
        if kind is Type.QUANT:
            return texts.quant(2)
        if kind is Type.STR:
            return f"{self.random.choice(env_of(types, Type.STR))} if {texts.condition(1)} else {texts.text()}"
        return f"({texts.number(2, whole=True)})" if kind is Type.INT else f"1.0 * ({texts.number(2)})"

    def precision(self, types: Mapping[str, Type]) -> str:
        # A let may hold a mode without peak: modes and params only.
        known = {n: t for n, t in types.items() if t is not Type.QUANT or n in self.params}
        return Texts(self.random, self.scope(known, precision=True)).quant(2)

    def mend(self, sol: dict[str, Any], phase: str | None, scope: Mapping[str, Type]) -> None:
        """Makes another text of each piece that the language refuses, until it takes all of them."""
        for attempt in range(40):
            findings = []
            for one in [phase] if phase else self.used:
                model = Sol.model_validate(sol)
                found = compile_formula(model, self.types(one), idle=self.of_type(*IDLE))[1]
                findings += [path for path, _ in found]
            if not findings:
                return
            for path in dict.fromkeys(findings):
                self.renew(sol, path, scope, simple=attempt > 25)
        raise AssertionError(f"no formula for seed {self.seed}: {sol}")

    def renew(self, sol: dict[str, Any], path: tuple[Any, ...], scope: Mapping[str, Type], *, simple: bool) -> None:
        depth = 1 if simple else 2
        if path[-1] == KEY:
            raise AssertionError(f"seed {self.seed}: the name {path[-2]!r} is refused")
        if path[0] == "let":
            before = list(sol["let"])[: list(sol["let"]).index(path[1])]
            known = {n: t for n, t in scope.items() if n not in sol["let"] or n in before}
            fallback = {Type.BOOL: "true", Type.QUANT: "fp8", Type.STR: '"default"', Type.REAL: "1.5"}
            kind = scope[path[1]]
            sol["let"][path[1]] = fallback.get(kind, "7") if simple else self.let(known, kind)
        elif path[-1] == "precision":
            sol["parts"][path[1]]["precision"] = "bfloat16" if simple else self.precision(scope)
        else:
            sol["parts"][path[1]][path[2]] = self.text(scope).number(depth)

    def plain(self, types: Mapping[str, Type], fallback: str) -> str:
        """A number that depends on nothing of the GPU."""
        texts = self.text(types, device=False)
        return valid(lambda: texts.number(2), lambda text: self.fits(text, types, (Type.INT, Type.REAL)), fallback)

    def fits(self, text: str, types: Mapping[str, Type], kinds: Sequence[Type], *, dotted: bool = False) -> bool:
        expr, findings = compile_expr(text, types, dotted=dotted)
        return expr is not None and not findings and expr.type in kinds

    def weights(self) -> Any:
        types = {n: t for n, t in self.types(None).items() if n in self.params}
        if self.chance(0.5):
            return self.plain(types, "4096")
        return {
            phase: self.plain(types, "1e6")
            for phase in self.random.sample(self.used, self.random.randint(1, len(self.used)))
        }

    def keep_used(self, spec: dict[str, Any]) -> None:
        """A param that nothing says counts in the weights."""
        said: set[str] = set()
        for sol in spec["sol"].values() if "parts" not in spec["sol"] else [spec["sol"]]:
            texts = [
                *sol.get("let", {}).values(),
                *(v for part in sol["parts"] for k, v in part.items() if k != "name"),
            ]
            said |= {word for text in texts for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text)}
            said |= {sol["constants"]["by"]} if "constants" in sol else set()
        for nesting in spec["nesting"].values() if "axes" not in spec["nesting"] else [spec["nesting"]]:
            said |= {axis["axis"] for axis in nesting["axes"]}
            said |= {n for key in nesting.get("keys", []) for n in key.get("params", [key.get("param")])}
        unused = [n for n in self.params if n not in said]
        weights = spec.get("weights", "")
        words = re.findall(
            r"[A-Za-z_][A-Za-z0-9_]*", str(weights if isinstance(weights, str) else list(weights.values()))
        )
        terms = {"int": "{}", "str": "(1 if {} == 'default' else 2)"}
        if not set(unused) <= set(words):
            spec["weights"] = " + ".join(terms.get(self.params[n]["type"], "bytes_of({})").format(n) for n in unused)

    # nestings

    def nestings(self) -> Any:
        if not self.chance(0.4):
            return self.nesting(self.used)
        made = {phase: self.nesting([phase] if self.table != "one" else self.used) for phase in self.used}
        if self.table == "one":  # one file has one shape; how it is answered from may differ
            first = made["context" if "context" in made else self.used[0]]
            for phase, nesting in made.items():
                count = len(first["axes"])
                made[phase] = {
                    **first,
                    "method": first["method"] if phase == self.used[0] else self.method(count),
                    **({"outside": nesting["outside"]} if "outside" in nesting else {}),
                }
        return made

    def method(self, axes: int) -> str:
        return self.random.choice({1: ["linear"], 2: ["linear", "bilinear"], 3: ["bilinear", "cubic"]}[axes])

    def nesting(self, phases: Sequence[str]) -> dict[str, Any]:
        self.columns = {"phase", "Op_Phase", "stage", "latency", "power", "ms_total", "ms_one", "ms_two"}
        axes = self.query.split(",")
        if self.query == "b,s" and list(phases) == ["generation"] and self.chance(0.3):
            axes = [self.random.choice(axes)]
        ints = self.of_type("int")
        self.random.shuffle(ints)
        for name in ints:
            if len(axes) < 3 and self.chance(0.35):
                axes.append(name)
        self.random.shuffle(axes)
        nesting: dict[str, Any] = {
            "axes": [self.axis(name) for name in axes],
            "method": self.method(len(axes)),
        }
        keys = self.keys([n for n in self.params if n not in axes])
        if keys:
            nesting["keys"] = keys
        if self.chance(0.7):
            nesting["outside"] = self.random.choice(["error", "clamp", "extrapolate"])
        if len(axes) > 1 and self.chance(0.5):
            nesting["pre_interpolate"] = self.targets(axes)
        if self.chance(0.4):
            nesting["latency"] = self.latency()
        if self.chance(0.3):
            nesting["rows"] = self.rows()
        return nesting

    def column(self, name: str) -> str | None:
        """A column for a level: none said (its own name), another one."""
        if name in self.columns or self.chance(0.5):
            stem = self.random.choice(["Col_", "", "c_"]) + name
            column = next(c for c in (stem, stem + "_col", f"{stem}_{len(self.columns)}") if c not in self.columns)[:64]
            self.columns.add(column)
            return column
        self.columns.add(name)
        return None

    def int_column(self, name: str) -> str | None:
        column = self.column(name) or name
        if self.chance(0.3):
            other = self.random.choice(
                [f"{column} + step_{len(self.columns)}", f"{column} * 2", f"4096 // {column}", f"max({column}, 1)"]
            )
            return other
        return None if column == name else column

    def axis(self, name: str) -> dict[str, Any]:
        column = self.int_column(name)
        if column is not None and ("//" in column or "max" in column):
            column = f"{name} + step"  # an axis needs values that differ
        return {"axis": name} if column is None else {"axis": name, "column": column}

    def keys(self, params: Sequence[str]) -> list[dict[str, Any]]:
        left = [n for n in params if self.chance(0.85)]
        self.random.shuffle(left)
        keys = []
        while left:
            if len(left) > 1 and self.chance(0.4):
                size = self.random.randint(2, min(4, len(left)))
                keys.append(self.tuple_key([left.pop() for _ in range(size)]))
            else:
                keys.append(self.key(left.pop()))
        return keys[:8]

    def tuple_key(self, params: list[str]) -> dict[str, Any]:
        key: dict[str, Any] = {"params": params}
        columns = [self.int_column(n) if self.params[n]["type"] == "int" else self.column(n) for n in params]
        if any(columns):
            key["columns"] = [column or name for column, name in zip(columns, params, strict=True)]
        if self.chance(0.5):
            same = self.random.sample(params, self.random.randint(1, len(params) - 1))
            key["alike"] = {"same": same}
            ints = [n for n in params if n not in same and self.params[n]["type"] == "int"]
            if ints and self.chance(0.7):
                key["alike"]["nearest"] = self.random.choice(ints)
        return key

    def key(self, name: str) -> dict[str, Any]:
        kind = self.params[name]["type"]
        key: dict[str, Any] = {"param": name}
        column = self.int_column(name) if kind == "int" else self.column(name)
        if column is not None:
            key["column"] = column
        if kind == "int":
            if (column is None or re.fullmatch(r"\w+", column)) and self.chance(0.3):
                key["default"] = self.random.choice([1, 32])
            if self.chance(0.4):
                key["nearest"] = self.chance(0.7)
        else:
            values = self.params[name].get("modes") or ["default", "Deepseek V3.2", "it's"]
            if self.chance(0.3):
                key["default"] = self.random.choice(values)
            if self.chance(0.3):
                key["alias"] = {f"other {i}": self.random.choice(values) for i in range(self.random.randint(1, 3))}
            if self.chance(0.2):
                key["only"] = [*key.get("alias", {}), *(values[:2] if kind == "str" else values)]
            if self.chance(0.3):
                key["fallback"] = self.random.choice(values)
        if self.chance(0.15):
            self.lookup(key, name, kind)
        return key

    def lookup(self, key: dict[str, Any], name: str, kind: str) -> None:
        types = {n: t for n, t in self.types(None).items() if n in self.params}
        texts = self.text(types, device=False)
        if kind == "int":
            key["lookup"] = valid(lambda: texts.number(1, whole=True), lambda t: self.fits(t, types, (Type.INT,)), name)
        elif kind == "str":
            key["lookup"] = valid(
                lambda: f"{name} if {texts.condition(1)} else {texts.text()}",
                lambda t: self.fits(t, types, (Type.STR,)),
                name,
            )
        else:
            same = [n for n in self.of_type(kind) if self.params[n]["modes"] == self.params[name]["modes"]]
            key["lookup"] = self.random.choice(same)

    def targets(self, axes: Sequence[str]) -> dict[str, Any]:
        def values(name: str) -> Any:
            form = self.random.choice(["collected", "named", "list"])
            if form == "collected":
                return "collected"
            if form == "list":
                return sorted(self.random.sample([1, 2, 8, 16, 17, 40, 64, 96, 100, 144], self.random.randint(1, 5)))
            return self.random.choice(GRIDS.get(name, ("heads",)))

        targets: dict[str, Any] = {"values": {name: values(name) for name in axes}}
        if self.chance(0.4):
            targets["sqrt_second_axis"] = self.chance(0.7)
        return targets

    def latency(self) -> dict[str, Any]:
        latency: dict[str, Any] = {}
        if self.chance(0.7):
            latency["column"] = self.random.choice(["ms_total", "ms_one + ms_two", "ms_one / 2", "ms_total * 0.001"])
        if self.chance(0.7):
            latency["unit"] = self.random.choice(["ms", "us", "ns", "s"])
        return latency

    def rows(self) -> str:
        return self.random.choice(
            [
                "op_name == 'pre'",
                "op_name != \"pre 'x'\" and tp_size == 1",
                "not (tp_size > 4) or rank == 0",
                "rank % 2 == 0",
            ]
        )

    # models and data

    def wirings(self) -> list[dict[str, Any]]:
        wirings, taken = [], set()
        anchors = [a for a in self.anchors if a.phase in self.used]
        for anchor in self.random.choices(anchors, k=self.random.randint(1, 3)):
            if (anchor.model, anchor.phase) not in taken:
                taken.add((anchor.model, anchor.phase))
                wirings.append(self.wiring(anchor))
        return wirings

    def wiring(self, anchor: Anchor) -> dict[str, Any]:
        types = dict.fromkeys(SCOPE_INTS, Type.INT)
        texts = Texts(self.random, Scope(SCOPE_INTS, device=False, dotted=True, modes=()))
        way = self.random.choice(["before"] * 3 + ["after"] * 3 + ["replace"])
        wiring: dict[str, Any] = {
            "model": self.random.choice([anchor.model, ["NoSuchModel", anchor.model]]),
            "phase": anchor.phase,
            "at": {way: self.random.choice([anchor.name, ["no_such_op", anchor.name]])},
        }
        if self.chance(0.7):
            when = [self.condition(texts, types)]
            wiring["when"] = self.random.choice([when[0], ["self._no_such_name > 1", *when]])
        if self.chance(0.4):
            scale = self.scope_number(texts, types)
            wiring["scale"] = self.random.choice([scale, ["no_such_local", scale]])
        if self.chance(0.5):
            wiring["name"] = f"{anchor.phase}_{self.random.choice(['part', 'x' * 40])}_{self.seed}"
        if self.chance(0.3):
            wiring["optional"] = self.chance(0.7)
        if self.params:
            wiring["args"] = {n: self.argument(p["type"], texts, types) for n, p in self.params.items()}
        return wiring

    def condition(self, texts: Texts, types: Mapping[str, Type]) -> str:
        return valid(
            lambda: texts.condition(1),
            lambda t: self.fits(t, types, (Type.BOOL,), dotted=True),
            "self.config.tp_size > 2",
        )

    def scope_number(self, texts: Texts, types: Mapping[str, Type]) -> str:
        return valid(
            lambda: texts.number(1, whole=True),
            lambda t: self.fits(t, types, (Type.INT,), dotted=True),
            "self._num_layers",
        )

    def argument(self, kind: str, texts: Texts, types: Mapping[str, Type]) -> Any:
        if kind == "int":
            form = self.random.choice(["count", "text", "list"])
            if form == "count":
                return self.random.choice([0, 1, 128])
            text = self.scope_number(texts, types)
            return text if form == "text" else ["no_such_local", text, 3]
        if kind == "str":
            return self.random.choice(['"default"', "'it is' if self.config.tp_size > 1 else \"it's\""])
        return CONFIG[kind]

    def data(self, phase: str | None) -> dict[str, Any]:
        data: dict[str, Any] = {
            "file": f"data/{self.random.choice(['', 'sub/'])}table_{self.seed}{'' if phase is None else '_' + phase}.{self.random.choice(['csv', 'txt'])}",
            "system": "h200_sxm",
            "backend": "trtllm",
            "version": self.random.choice(["newest", ["9.9.9", "newest"]]),
        }
        if phase is not None:
            data["phase"] = phase
        if self.chance(0.5):
            data |= {"backend": self.random.choice(["sglang", "vllm"]), "version": "9.9.9", "optional": True}
        elif self.chance(0.5):
            data["optional"] = False
        return data
