"""Random texts of the SOL language, by type, and what is needed to run rendered code.

Texts come from a seed instead of from nested strategies, whose examples stay small: what has to be tried is long
expressions, in which lines break and parentheses matter.
"""

from __future__ import annotations

import enum
import random
from collections import namedtuple

from newop_gen.sol.check import compile_expr
from newop_gen.sol.evaluate import Gpu
from newop_gen.sol.formula import ConstantTable, Formula, PartFormula, pruned
from newop_gen.sol.quants import Quant
from newop_gen.sol.render.python import PythonDialect
from newop_gen.sol.tree import Expr
from newop_gen.sol.types import Type

INTS = ("b", "s", "heads", "num_key_value_heads_of_the_sparse_indexer")
STRS = ("arch", "kernel_source_of_the_measured_kernels")
QUANTS = ("kv", "gemm_quant_mode", "fused_multi_head_attention_quant_mode")
ENV = {**dict.fromkeys(INTS, Type.INT), **dict.fromkeys(STRS, Type.STR), **dict.fromkeys(QUANTS, Type.QUANT)}
LETS = ("tokens", "max_", "the_width_of_one_attention_head_of_the_indexer")
PARTS = ("gemm", "attn", "a_part_with_a_name_as_long_as_a_name_can_ever_be")
WORDS = ("default", "DeepseekV32ForCausalLM", "it's", 'a "b"')
MODES = ("fp8", "bfloat16", "float16", "nvfp4", "int8_wo")

Mapping = namedtuple("Mapping", ["memory", "compute", "name"])


class GEMM(enum.Enum):
    """Quant enums in the shape of the target's; two, since members of different ones never compare equal."""

    float16 = Mapping(2, 1, "float16")
    fp8 = Mapping(1, 2, "fp8")
    int8_wo = Mapping(1, 1, "int8_wo")
    nvfp4 = Mapping(0.5, 4, "nvfp4")


class FMHA(enum.Enum):
    float16 = Mapping(2, 1, "float16")
    fp8 = Mapping(1, 2, "fp8")


GPU = Gpu(4.8e12, {1: 989e12, 2: 1978e12})
MODE_VALUES = {member.name: Quant(member.name, member.value.memory, member.value.compute) for member in GEMM}


class Database:
    """What rendered code calls `self`: the helper and the system of a release."""

    def __init__(self) -> None:
        self.system_spec = {"gpu": {"mem_bw": 4.8e12, "float16_tc_flops": 989e12, "fp8_tc_flops": 1978e12}}

    def _get_quant_tc_flops(self, quant: enum.Enum) -> float:
        gpu = self.system_spec["gpu"]
        key = {1: "float16_tc_flops", 2: "fp8_tc_flops", 4: "fp4_tc_flops"}.get(quant.value.compute)
        return gpu[key] if key in gpu else gpu["float16_tc_flops"] * quant.value.compute


class Common:
    GEMMQuantMode = GEMM


HELPER = PythonDialect(
    names=lambda name: name,
    sixteen_bit="float16",
    flops="self._get_quant_tc_flops({})".format,
    mem_bw='self.system_spec["gpu"]["mem_bw"]',
    quant_literal="common.GEMMQuantMode.{}".format,
)
DIRECT = PythonDialect(
    names=lambda name: name,
    sixteen_bit="float16",
    flops='self.system_spec["gpu"]["float16_tc_flops"] * {}.value.compute'.format,
    mem_bw='self.system_spec["gpu"]["mem_bw"]',
    quant_literal="common.GEMMQuantMode.{}".format,
)
NAMESPACE = {"self": Database(), "common": Common}


class Texts:
    """A source of texts. `names` are further numbers (lets, constants) that are in scope."""

    def __init__(self, seed: int, names: tuple[str, ...] = ()) -> None:
        self.random = random.Random(seed)
        self.names = INTS + names

    def number(self, depth: int, *, integer: bool = False) -> str:
        if depth <= 0:
            return self.leaf(integer=integer)
        form = self.random.randrange(14 if integer else 20)
        if form < 6:
            ops = ["+", "-", "*", "*"] if integer or form < 3 else ["+", "-", "*", "/", "//"]
            return self.row(ops, depth, self.random.randint(1, 5), integer=integer)
        if form == 6:
            return self.row(["%", "*", "//"], depth, self.random.randint(1, 2), integer=True)
        if form == 7:
            return f"-{self.operand(depth - 1, integer=integer)}"
        if form == 8:
            return f"{self.operand(depth - 1, integer=integer)} ** {self.random.choice('023')}"
        if form == 9:
            args = [self.number(depth - 1, integer=integer) for _ in range(self.random.randint(2, 4))]
            return f"{self.random.choice(['min', 'max'])}({', '.join(args)})"
        if form == 10:
            return f"ceil_div({self.number(depth - 1, integer=True)}, {self.number(depth - 1, integer=True)})"
        if form < 14:
            then, otherwise = self.operand(depth - 1, integer=integer), self.number(depth - 1, integer=integer)
            return f"{then} if {self.condition(depth - 1)} else {otherwise}"
        if form < 16:
            return f"{self.operand(depth - 1)} ** {self.random.choice(['0.5', '-1', '1.5', '-0.5'])}"
        if form < 18:
            return f"{self.random.choice(['bytes_of', 'flops'])}({self.quant(depth - 1)})"
        return self.row(["/", "*"], depth, self.random.randint(1, 4))

    def row(self, ops: list[str], depth: int, count: int, *, integer: bool = False) -> str:
        text = self.operand(depth - 1, integer=integer)
        for _ in range(count):
            text += f" {self.random.choice(ops)} {self.operand(depth - 1, integer=integer)}"
        return text

    def operand(self, depth: int, *, integer: bool = False) -> str:
        """Something that binds tightest, or an unparenthesised minus."""
        form = self.random.randrange(8)
        if form < 5 or depth <= 0:
            return self.leaf(integer=integer)
        if form == 5:
            return f"-{self.leaf(integer=integer)}"
        return f"({self.number(depth, integer=integer)})"

    def leaf(self, *, integer: bool = False) -> str:
        form = self.random.randrange(12)
        if form < 8:
            return self.random.choice(self.names)
        if form == 8 and not integer:
            return self.random.choice(["0.5", "1e12", "1e16", "2.5e-5", "1000.0", "mem_bw", repr(self.random.random())])
        return str(self.random.choice([0, 1, 2, 3, 64, self.random.randint(4, 4096), 2**53]))

    def quant(self, depth: int) -> str:
        leaf = self.random.choice(QUANTS + MODES)
        if depth <= 0 or self.random.random() < 0.5:
            return leaf
        return f"{leaf} if {self.condition(depth - 1)} else {self.quant(depth - 1)}"

    def string(self) -> str:
        word = self.random.choice(WORDS)
        return f"'{word}'" if '"' in word else f'"{word}"'

    def condition(self, depth: int) -> str:
        form = self.random.randrange(9 if depth > 0 else 4)
        equal = self.random.choice(["==", "!="])
        if form < 2:
            order = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
            return f"{self.operand(depth - 1)} {order} {self.operand(depth - 1)}"
        if form == 2:
            pair = [self.random.choice(STRS), self.string()]
            self.random.shuffle(pair)
            return f"{pair[0]} {equal} {pair[1]}"
        if form == 3:
            pair = [self.random.choice(QUANTS), self.random.choice(QUANTS + MODES)]
            self.random.shuffle(pair)
            return f"{pair[0]} {equal} {pair[1]}"
        if form == 4:
            return f"not {self.clause(depth)}"
        op = self.random.choice(["and", "or"])
        text = self.clause(depth)
        for _ in range(self.random.randint(1, 3)):
            text += f" {op} {self.clause(depth)}"
            op = self.random.choice([op, op, "and", "or"])
        return text

    def clause(self, depth: int) -> str:
        inner = self.condition(depth - 1)
        return f"({inner})" if self.random.random() < 0.4 else inner

    def values(self) -> dict[str, object]:
        """Values for everything in `ENV`, with target enums for quants."""
        low = self.random.choice([0, 1, 1, 1])
        return {
            **{name: self.random.choice([low, 1, 3, self.random.randint(1, 9000)]) for name in INTS},
            **{name: self.random.choice(WORDS) for name in STRS},
            "kv": self.random.choice(list(FMHA)),
            "gemm_quant_mode": self.random.choice(list(GEMM)),
            "fused_multi_head_attention_quant_mode": self.random.choice(list(FMHA)),
        }


def reference(given: dict[str, object]) -> dict[str, object]:
    """Values for the evaluator from values for rendered code."""
    return {
        name: Quant(value.name, value.value.memory, value.value.compute) if isinstance(value, enum.Enum) else value
        for name, value in given.items()
    }


def sample_formula(seed: int, depth: int = 4) -> Formula:
    """A random formula, built from resolved trees: what its numbers can be is not looked at, only that types fit."""
    source = random.Random(seed)
    env = dict(ENV)
    names: list[str] = []
    table = None
    if source.random() < 0.4:
        columns = tuple(source.sample(["topk", "index_dim", "number_of_experts_per_token"], source.randint(1, 3)))
        keys = source.sample(WORDS, source.randint(1, 4))
        rows = {key: tuple(source.choice([1, 64, 0.5, 2048, 2**53, -3]) for _ in columns) for key in keys}
        otherwise = source.choice([None, keys[0]])
        table = ConstantTable(source.choice(STRS), columns, (Type.REAL,) * len(columns), rows, otherwise)
        env.update(dict.fromkeys(columns, Type.REAL))
        names += columns

    def tree(kind: str) -> Expr:
        while True:
            texts = Texts(source.randrange(2**60), tuple(names))
            text = texts.number(source.randint(1, depth)) if kind == "number" else texts.quant(depth - 1)
            expr, _ = compile_expr(text, env, gpu=True, bounded=False)
            if expr is not None:
                return expr

    lets = []
    for name in source.sample(
        ["tokens", "max_", "the_width_of_one_attention_head_of_the_indexer"], source.randint(0, 3)
    ):
        lets.append((name, tree("number")))
        env[name] = Type.REAL
        names.append(name)
    parts = []
    for name in source.sample(
        ["gemm", "attn", "a_part_with_a_name_as_long_as_a_name_can_ever_be"], source.randint(1, 3)
    ):
        flops = tree("number") if source.random() < 0.8 else None
        moved = tree("number") if flops is None or source.random() < 0.8 else None
        parts.append(PartFormula(name, flops, tree("quant") if flops is not None else None, moved))
    return pruned(Formula(tuple(lets), table, tuple(parts), env))
