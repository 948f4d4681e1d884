"""Random formulas as one Rust program, and what it answers against the evaluator.

Each formula is asked for several sizes: whole ones, and ones between. Where all that a formula makes of whole inputs
fits into 127 bits, every bit must be the evaluator's; past that the program computes in reals, as it does between.
"""

from __future__ import annotations

import dataclasses
import random
import struct
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newop_gen.render.environment import fragment
from newop_gen.sol.check import compile_expr
from newop_gen.sol.evaluate import Gpu, SolValueError, evaluate_formula
from newop_gen.sol.formula import ConstantTable, Formula, PartFormula, pruned
from newop_gen.sol.magnitude import input_bits
from newop_gen.sol.quants import MODES, Quant
from newop_gen.sol.render.rust import BITS, Edition, RustDialect, RustLines, settled
from newop_gen.sol.tree import Expr, Int, Power, Real, children, rebuilt, walk
from newop_gen.sol.types import Type

from .samples import ENV, INTS, QUANTS, STRS, WORDS, Texts

GPU = Gpu(4.8e12, {1: 989e12, 2: 1978e12, 4: 3956e12})
MODE_NAMES = ("fp8", "bfloat16", "nvfp4", "int8_wo")
LONGEST = 40  # characters of a Rust identifier that stay readable
CHUNK = 200  # formulas in one module

# Words of Rust that a formula's names may be, and names of the code around.
TAKEN = frozenset(
    {"type", "move", "ref", "match", "fn", "spec", "N", "Number", "nonzero", "min", "max", "quant_tc_flops"}
)

DIALECT = RustDialect(
    names=lambda name: name,
    number="N",
    flops="quant_tc_flops(spec, {})?".format,
    mem_bw="spec.gpu.mem_bw",
    quant_literal=lambda name: f"GemmQuantMode::{name.title().replace('_', '')}.mapping()",
)


class SizedTexts(Texts):
    """Texts whose numbers are mostly as large as those of formulas that mean something."""

    def leaf(self, *, integer: bool = False) -> str:
        if self.random.random() < 0.97:
            text = super().leaf(integer=integer)
            return "4096" if text == str(2**53) else text
        return super().leaf(integer=integer)


def sample(seed: int, depth: int = 3) -> Formula:
    """A random formula whose types are right: what its numbers can be is not looked at."""
    source = random.Random(seed)
    env: dict[str, Type] = dict(ENV)
    names: list[str] = []
    table = None
    if source.random() < 0.4:
        columns = tuple(
            source.sample(["topk", "index_dim", "type", "number_of_experts_per_token"], source.randint(1, 4))
        )
        kinds = tuple(source.choice([Type.INT, Type.REAL]) for _ in columns)
        keys = source.sample(WORDS, source.randint(1, 4))
        rows = {key: tuple(_constant(source, kind) for kind in kinds) for key in keys}
        table = ConstantTable(source.choice(STRS), columns, kinds, rows, source.choice([None, keys[0]]))
        env.update(zip(columns, kinds, strict=True))
        names += columns

    def tree(kind: str) -> Expr:
        while True:
            texts = SizedTexts(source.randrange(2**60), tuple(n for n in names if env[n] in (Type.INT, Type.REAL)))
            text = {"number": texts.number, "quant": texts.quant, "condition": texts.condition}[kind](
                source.randint(1, depth) if kind != "quant" else depth - 1
            )
            expr, _ = compile_expr(text, env, gpu=True, bounded=False)
            if expr is not None:
                return expr

    lets = []
    for name in source.sample(["tokens", "move", "holds", "the_width_of_one_attention_head"], source.randint(0, 3)):
        value = tree("number")
        assert value.type is not None
        lets.append((name, value))
        env[name] = value.type
        names.append(name)
    parts = []
    for name in source.sample(
        ["gemm", "attn", "a_part_with_a_name_as_long_as_a_name_can_ever_be"], source.randint(1, 3)
    ):
        flops = tree("number") if source.random() < 0.8 else None
        moved = tree("number") if flops is None or source.random() < 0.8 else None
        parts.append(PartFormula(name, flops, tree("quant") if flops is not None else None, moved))
    return pruned(Formula(tuple(lets), table, tuple(parts), env))


def _constant(source: random.Random, kind: Type) -> int | float:
    value = source.choice([1, 64, 2048, 3, 2**40, -3] if kind is Type.INT else [1, 64, 0.5, 2048, 1e-3, -3])
    return value if kind is Type.INT else float(value)


def in_reals(formula: Formula) -> Formula:
    """The formula with reals in the place of the whole numbers that stand in it."""

    def real(expr: Expr) -> Expr:
        if isinstance(expr, Int):
            return Real(float(expr.value), type=Type.REAL)
        return rebuilt(expr, tuple(map(real, children(expr))))

    def part(one: PartFormula) -> PartFormula:
        pieces = {name: getattr(one, name) for name in ("flops", "precision", "bytes")}
        return dataclasses.replace(one, **{n: real(e) for n, e in pieces.items() if e is not None})

    table = formula.constants
    if table is not None:
        rows = {key: tuple(map(float, row)) for key, row in table.rows.items()}
        table = dataclasses.replace(table, rows=rows)
    lets = tuple((name, real(expr)) for name, expr in formula.lets)
    return dataclasses.replace(formula, lets=lets, constants=table, parts=tuple(map(part, formula.parts)))


def has_real_power(formula: Formula) -> bool:
    """Whether it raises reals to powers, which the two languages leave to the machine's `pow`."""
    pieces = [expr for _, expr in formula.lets]
    pieces += [e for part in formula.parts for e in (part.flops, part.precision, part.bytes) if e is not None]
    return any(isinstance(node, Power) and node.type is Type.REAL for expr in pieces for node in walk(expr))


@dataclass(frozen=True)
class Asked:
    """One question: sizes in the order of `INTS`, texts of `STRS`, modes of `QUANTS`."""

    sizes: tuple[float, ...]
    texts: tuple[str, ...]
    modes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return all(isinstance(size, int) for size in self.sizes)

    def values(self) -> dict[str, Any]:
        modes: Mapping[str, Quant] = MODES
        return {
            **dict(zip(INTS, self.sizes, strict=True)),
            **dict(zip(STRS, self.texts, strict=True)),
            **{name: modes[mode] for name, mode in zip(QUANTS, self.modes, strict=True)},
        }


def questions(seed: int, count: int) -> list[Asked]:
    source = random.Random(seed)
    asked = []
    for number in range(count):
        largest = source.choice([4, 200, 9000, 200_000])
        least = source.choice([0, 1, 1, 1])
        sizes: list[float] = [source.choice([least, 1, 3, source.randint(1, largest)]) for _ in INTS]
        if number % 4 == 3:
            sizes[source.randrange(len(sizes))] += source.choice([0.5, 0.25, 1 / 3])
            sizes = [float(size) for size in sizes]
        texts = tuple(source.choice(WORDS) for _ in STRS)
        asked.append(Asked(tuple(sizes), texts, tuple(source.choice(MODE_NAMES) for _ in QUANTS)))
    return asked


@dataclass(frozen=True)
class Rendered:
    """A formula as a function, and below what power of 2 its inputs are whole numbers to it."""

    formula: Formula
    bits: int
    lines: list[str]
    helpers: set[str]


def rendered(formula: Formula, number: int, edition: Edition) -> Rendered:
    ready = settled(formula)
    bits = input_bits(ready, BITS)
    rust = RustLines(DIALECT, edition, TAKEN, 32)
    body = rust.formula(ready, 4)
    inputs = sorted(ready.inputs)
    lines = [f"pub fn f{number}<N: Number>(spec: &SystemSpec, given: &Given<N>) -> Result<[f64; 2], AicError> {{"]
    for name in inputs:
        lines.append(f"    let {name} = given.{name};")
    lines += [*body, "    Ok([sol_math, sol_mem])", "}"]
    return Rendered(formula, bits, lines, rust.helpers)


PRELUDE = """\
#![allow(dead_code, unused_variables)]
use std::cmp::Ordering;
use std::io::BufRead;
use std::ops::{Add, Mul, Neg, Sub};

#[derive(Debug)]
pub enum AicError {
    InvalidEngineConfig(String),
}

pub struct GpuSpec {
    pub mem_bw: f64,
}

pub struct SystemSpec {
    pub gpu: GpuSpec,
}

#[derive(Clone, Copy)]
pub struct QuantMapping {
    pub memory: f64,
    pub compute: f64,
    pub name: &'static str,
}

pub struct GemmQuantMode(QuantMapping);

#[allow(non_upper_case_globals)]
impl GemmQuantMode {
@MODES@
    pub const fn mapping(&self) -> QuantMapping {
        self.0
    }
}

pub fn quant_tc_flops(_spec: &SystemSpec, mapping: QuantMapping) -> Result<f64, AicError> {
    Ok(match mapping.compute as u32 {
        1 => 989e12,
        2 => 1978e12,
        _ => 3956e12,
    })
}

pub struct Given<N> {
@FIELDS@
}

fn mode(name: &str) -> QuantMapping {
    [@NAMES@].into_iter().map(|m| m.mapping()).find(|m| m.name == name).unwrap()
}

type Answer = Result<[f64; 2], AicError>;

fn main() {
    let spec = SystemSpec { gpu: GpuSpec { mem_bw: 4.8e12 } };
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split('\\t').collect();
        let number: usize = fields[0].parse().unwrap();
        let (whole, real) = ALL[number];
        let texts = &fields[2 + @SIZES@..];
        let answer = std::panic::catch_unwind(|| {
            if fields[1] == "whole" {
                let sizes: Vec<i128> = fields[2..2 + @SIZES@].iter().map(|s| s.parse().unwrap()).collect();
                whole(&spec, &given(&sizes, texts))
            } else {
                let sizes: Vec<f64> = fields[2..2 + @SIZES@].iter().map(|s| s.parse().unwrap()).collect();
                real(&spec, &given(&sizes, texts))
            }
        });
        match answer {
            Ok(Ok([math, mem])) => println!("{:016x} {:016x}", math.to_bits(), mem.to_bits()),
            Ok(Err(_)) => println!("error"),
            Err(_) => println!("panic"),
        }
    }
}

fn given<N: Number>(sizes: &[N], texts: &[&str]) -> Given<N> {
    Given {
@FILLED@
    }
}
"""


def program(functions: list[Rendered], folder: Path) -> Path:
    """The source of a program that answers for all of them; its modules stand beside it."""
    helpers = set().union({"real"}, *(one.helpers for one in functions))
    modes = [
        f"    pub const {name.title().replace('_', '')}: Self = "
        f'Self(QuantMapping {{ memory: {MODES[name].memory!r}_f64, compute: {MODES[name].compute!r}_f64, name: "{name}" }});'
        for name in MODE_NAMES
    ]
    filled = [f"        {name}: sizes[{index}]," for index, name in enumerate(INTS)]
    filled += [
        f"        {name}: Box::leak(texts[{index}].to_string().into_boxed_str())," for index, name in enumerate(STRS)
    ]
    filled += [f"        {name}: mode(texts[{len(STRS) + index}])," for index, name in enumerate(QUANTS)]
    fields = [f"    pub {name}: N," for name in INTS] + [f"    pub {name}: &'static str," for name in STRS]
    fields += [f"    pub {name}: QuantMapping," for name in QUANTS]
    text = PRELUDE
    for mark, value in {
        "@MODES@": "\n".join(modes),
        "@FIELDS@": "\n".join(fields),
        "@FILLED@": "\n".join(filled),
        "@NAMES@": ", ".join(f"GemmQuantMode::{name.title().replace('_', '')}" for name in MODE_NAMES),
        "@SIZES@": str(len(INTS)),
    }.items():
        text = text.replace(mark, value)
    number = fragment(("engine",), "number.rs.j2", helpers=helpers, op="sample")
    text += "\n" + number.replace("\ntrait Number", "\npub trait Number").replace("\nfn ", "\npub fn ")
    entries = []
    for start in range(0, len(functions), CHUNK):
        name = f"chunk{start // CHUNK}"
        text += f"mod {name};\n"
        chunk = "\n\n".join("\n".join(one.lines) for one in functions[start : start + CHUNK])
        (folder / f"{name}.rs").write_text(f"use crate::*;\n\n{chunk}\n", encoding="utf-8")
        entries += [
            f"({name}::f{n}::<i128>, {name}::f{n}::<f64>)" for n in range(start, min(start + CHUNK, len(functions)))
        ]
    kinds = "fn(&SystemSpec, &Given<i128>) -> Answer, fn(&SystemSpec, &Given<f64>) -> Answer"
    text += f"static ALL: [({kinds}); {len(entries)}] = [\n" + "".join(f"    {entry},\n" for entry in entries) + "];\n"
    path = folder / "main.rs"
    path.write_text(text, encoding="utf-8")
    return path


def built(source: Path, rustc: str = "rustc") -> Path:
    """The program, with what would end a debug build at an overflow; raises `AssertionError` with rustc's words."""
    target = source.with_name("program")
    command = [
        rustc,
        "--edition",
        "2021",
        "-C",
        "overflow-checks=on",
        "-C",
        "debuginfo=0",
        "-o",
        str(target),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    return target


@dataclass
class Tally:
    """How answers stood to the evaluator's. `worst` is the largest relative deviation where reals were computed with
    for whole inputs that are too large."""

    counts: Counter[str] = field(default_factory=Counter)
    worst: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.worst = max(self.worst, other.worst)
        self.failures += other.failures


def compare(functions: list[Rendered], target: Path, each: int, first: int = 0) -> Tally:
    """Ask the program `each` questions per formula."""
    asked = [(n, one, q) for n, one in enumerate(functions) for q in questions(first + n, each)]
    lines = (_line(n, one, q) for n, one, q in asked)
    done = subprocess.run([str(target)], input="".join(lines), capture_output=True, text=True, check=True)
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(asked), done.stderr[-2000:]
    tally = Tally()
    for (number, one, question), answer in zip(asked, answers, strict=True):
        _judge(tally, number, one, question, answer)
    return tally


def _exact(one: Rendered, question: Asked) -> bool:
    return question.whole and all(size < 2**one.bits for size in question.sizes)


def _line(number: int, one: Rendered, question: Asked) -> str:
    how = "whole" if _exact(one, question) else "real"
    return "\t".join([str(number), how, *map(repr, question.sizes), *question.texts, *question.modes]) + "\n"


def _judge(tally: Tally, number: int, one: Rendered, question: Asked, answer: str) -> None:
    try:
        # Between whole sizes everything is a real, the numbers of the formula, too.
        formula = one.formula if question.whole else in_reals(one.formula)
        times = evaluate_formula(formula, question.values(), GPU)
    except SolValueError as error:
        refused = any(why in str(error) for why in ("division by zero", "root of", "expected one of"))
        tally.counts["refused by both" if answer == "error" else "out of range"] += 1
        if answer == "panic" or (refused and answer != "error"):
            tally.failures.append(f"f{number} {question}: {error}, got {answer}")
        return
    if answer in ("error", "panic"):
        tally.failures.append(f"f{number} {question}: {answer}, expected {times.math}, {times.mem}")
        return
    got = [struct.unpack(">d", bytes.fromhex(word))[0] for word in answer.split()]
    if _exact(one, question) or not question.whole:
        kind = "whole" if question.whole else "between"
        tally.counts[kind] += 1
        for wanted, found in zip((times.math, times.mem), got, strict=True):
            if wanted != found:
                tally.counts[f"{kind}, differs" + (", with a power" if has_real_power(one.formula) else "")] += 1
                tally.failures.append(f"f{number} {question}: {found!r}, expected {wanted!r}")
    else:
        tally.counts["whole, too large"] += 1
        for wanted, found in zip((times.math, times.mem), got, strict=True):
            if wanted != found:
                tally.worst = max(tally.worst, abs(found - wanted) / max(abs(wanted), 1e-300))


def formulas(first: int, count: int, edition: Edition = "2021") -> list[Rendered]:
    return [rendered(sample(first + n), n, edition) for n in range(count)]
