"""Random texts of the expression language, one method per production, for whatever names are in scope."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

MODES = ("bfloat16", "float16", "fp8", "fp8_block", "nvfp4", "int8_wo")
WORDS = ("default", "Deepseek V3.2", "it's", 'a "b"', "", "x/y-z")


@dataclass
class Scope:
    """Names by type. `device`: the primitives of a GPU have a meaning. `dotted`: quant modes have none."""

    ints: Sequence[str] = ()
    reals: Sequence[str] = ()
    strs: Sequence[str] = ()
    quants: Sequence[str] = ()
    flags: Sequence[str] = ()
    device: bool = True
    dotted: bool = False
    texts: Sequence[str] = WORDS
    modes: Sequence[str] = field(default=MODES)


class Texts:
    """Expressions from one source of randomness. A denominator is never one that can be 0: the language refuses it.

    What else the language refuses (a comparison of a value with itself, a number too large) may come out; whoever asks
    for a text has it compiled and asks again.
    """

    def __init__(self, source: random.Random, scope: Scope) -> None:
        self.random = source
        self.scope = scope

    def one_of(self, *forms: Callable[[], str]) -> str:
        return self.random.choice(forms)()

    # numbers

    def number(self, depth: int, *, whole: bool = False) -> str:
        if depth <= 0:
            return self.operand(0, whole=whole)
        forms: list[Callable[[], str]] = [
            lambda: self.sum(depth, whole=whole),
            lambda: self.sum(depth, whole=whole),
            lambda: self.product(depth, whole=whole),
            lambda: self.product(depth, whole=whole),
            lambda: self.least(depth, whole=whole),
            lambda: f"ceil_div({self.number(depth - 1, whole=True)}, {self.nonzero(depth - 1)})",
            lambda: (
                f"{self.number(depth - 1, whole=whole)} if {self.condition(depth - 1)} else {self.number(depth - 1, whole=whole)}"
            ),
            lambda: f"{self.operand(depth - 1, whole=whole)} ** {self.random.choice('0123')}",
            lambda: f"-{self.operand(depth - 1, whole=whole)}",
            lambda: f"{self.operand(depth - 1, whole=True)} % {self.nonzero(depth - 1)}",
        ]
        if not whole:
            forms += [
                lambda: (
                    f"max({self.number(depth - 1)}, {self.random.choice(['0', '0.0', '1e-3'])}) ** {self.random.choice(['0.5', '1.5', '0.25'])}"
                ),
                lambda: f"{self.nonzero(depth - 1)} ** -{self.random.choice(['1', '2', '0.5'])}",
            ]
            if self.scope.quants or not self.scope.dotted:
                forms.append(lambda: f"bytes_of({self.quant(depth - 1)})")
            if self.scope.device:
                forms.append(
                    lambda: f"{self.number(depth - 1)} * flops({self.quant(depth - 1, computing=True)}) / mem_bw"
                )
        return self.one_of(*forms)

    def sum(self, depth: int, *, whole: bool) -> str:
        return self.row("+-", depth, whole)

    def product(self, depth: int, *, whole: bool) -> str:
        text = self.operand(depth - 1, whole=whole)
        for _ in range(self.random.randint(1, 3)):
            op = self.random.choice(["*", "*", "//", "*" if whole else "/"])
            text += f" {op} {self.operand(depth - 1, whole=whole) if op == '*' else self.nonzero(depth - 1)}"
        return text

    def row(self, ops: str, depth: int, whole: bool) -> str:
        text = self.operand(depth - 1, whole=whole)
        for _ in range(self.random.randint(1, 4)):
            text += f" {self.random.choice(ops)} {self.operand(depth - 1, whole=whole)}"
        return text

    def least(self, depth: int, *, whole: bool) -> str:
        arguments = [self.number(depth - 1, whole=whole) for _ in range(self.random.choice([2, 2, 3, 4]))]
        return f"{self.random.choice(['min', 'max'])}({', '.join(arguments)})"

    def operand(self, depth: int, *, whole: bool = False) -> str:
        """Something that can stand next to an operator."""
        if depth <= 0 or self.random.random() < 0.6:
            return self.leaf(whole=whole)
        return f"({self.number(depth, whole=whole)})"

    def nonzero(self, depth: int) -> str:
        """An int that is at least 1, to divide by."""
        if depth > 0 and self.random.random() < 0.3:
            return f"max({self.number(depth - 1, whole=True)}, 1)"
        return self.random.choice([*self.scope.ints, "2", "3", "64", "128", "1000"])

    def leaf(self, *, whole: bool = False) -> str:
        names = [*self.scope.ints, *(() if whole else self.scope.reals)]
        if names and self.random.random() < 0.7:
            return self.random.choice(names)
        if not whole and self.random.random() < 0.4:
            return self.random.choice(["0.5", "1e9", "2.5e-5", "1e+3", "1000.0", f"{self.random.random():.4f}"])
        return str(self.random.choice([0, 1, 2, 3, 64, self.random.randint(4, 4096), 2**40]))

    # the other types

    def quant(self, depth: int, *, computing: bool = False) -> str:
        """`computing`: a mode that has peak FLOPS; the caller names only such params in `quants`."""
        if depth > 0 and self.random.random() < 0.4:
            return f"{self.quant(0)} if {self.condition(depth - 1)} else {self.quant(depth - 1)}"
        return self.random.choice([*self.scope.quants, *self.scope.modes])

    def text(self) -> str:
        word = self.random.choice(self.scope.texts)
        return f"'{word}'" if '"' in word or ("'" not in word and self.random.random() < 0.3) else f'"{word}"'

    def condition(self, depth: int) -> str:
        forms: list[Callable[[], str]] = [
            lambda: f"{self.operand(depth - 1)} {self.random.choice(['<', '<=', '>', '>='])} {self.operand(depth - 1)}",
            lambda: f"{self.operand(depth - 1)} {self.random.choice(['<', '<=', '>', '>='])} {self.operand(depth - 1)}",
            lambda: (
                f"{self.operand(depth - 1, whole=True)} {self.random.choice(['==', '!='])} {self.operand(depth - 1, whole=True)}"
            ),
        ]
        if self.scope.strs:
            forms.append(
                lambda: f"{self.random.choice(self.scope.strs)} {self.random.choice(['==', '!='])} {self.text()}"
            )
        if self.scope.quants:
            forms.append(
                lambda: f"{self.random.choice(self.scope.quants)} {self.random.choice(['==', '!='])} {self.quant(0)}"
            )
        if self.scope.flags:
            forms.append(lambda: self.random.choice(self.scope.flags))
        if depth > 0:
            forms += [
                lambda: f"not {self.clause(depth - 1)}",
                lambda: f" {self.random.choice(['and', 'or'])} ".join(
                    self.clause(depth - 1) for _ in range(self.random.randint(2, 3))
                ),
                lambda: f"{self.clause(0)} and {self.clause(0)} or {self.clause(0)}",
            ]
        return self.one_of(*forms)

    def clause(self, depth: int) -> str:
        return f"({self.condition(depth)})" if self.random.random() < 0.5 else self.condition(0)

    def flag(self, depth: int) -> str:
        """A condition for a let: also the two constants, which mean nothing elsewhere."""
        if self.random.random() < 0.25:
            return self.random.choice(["true", "false"])
        return self.condition(depth)


def valid(make: Callable[[], str], accepts: Callable[[str], bool], fallback: str) -> str:
    """The first of some texts that is accepted, and short enough to be read."""
    for _ in range(40):
        text = make()
        if len(text) <= 400 and accepts(text):
            return text
    return fallback


def env_of(types: Mapping[str, object], kind: object) -> list[str]:
    """The names of one type."""
    return [name for name, one in types.items() if one is kind]
