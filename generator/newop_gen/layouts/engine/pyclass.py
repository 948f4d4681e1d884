"""The op's section of `py_ops.rs`: a class for each phase, over the variant of `Op` that it holds.

A class is made with what the shells of the Python layouts are made with, and pickled by it. A getter stands for each
param; only the share of tokens under context parallelism can be set later, as models do.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ...model.op import Op
from ...render import fragment
from ...render.document import HARD, Doc, Either, Flat, Group, Indented
from ...render.rust import ARGUMENTS, array, call, let, macro, signature, string, struct, text
from .view import EngineOp, EngineParam, EnginePhase

EXTRACTORS = {
    "GEMMQuantMode": "gemm_quant",
    "MoEQuantMode": "moe_quant",
    "FMHAQuantMode": "fmha_quant",
    "KVCacheQuantMode": "kv_quant",
    "CommQuantMode": "comm_quant",
}
"""The functions of `py_ops.rs` that take a quant mode from Python."""
CHAIN = 60
"""How wide rustfmt lets method calls in a row be on one line."""


@dataclass(frozen=True)
class Closed:
    """A text param that has a value of a closed set: the rows of a table of constants that has none for others."""

    owner: EngineOp
    param: str
    values: tuple[str, ...]
    function: str

    @property
    def head(self) -> str:
        return text(signature(f"fn {self.function}", ["value: String"], "PyResult<String>"))

    @property
    def known(self) -> str:
        return text(let("known", array([string(v) for v in self.values], indent=4)), 4)

    @property
    def message(self) -> str:
        found = f"{self.owner.op.name} has no {self.param} {{value:?}}, only {{known:?}}"
        return text(let("message", call("format!", [string(found)])), 4)


@dataclass(frozen=True)
class ClassView:
    """One class as its template sees it."""

    owner: EngineOp
    phase: EnginePhase
    closed: tuple[Closed, ...]

    @property
    def about(self) -> str:
        of = f"{self.phase.phase.capitalize()} phase of" if len(self.owner.phases) > 1 else "The op"
        return f"{of} `{self.owner.op.name}`."

    @property
    def accessor(self) -> list[str]:
        """How the struct is reached; a way to change it only where something is set later."""
        kind = f"crate::operators::{self.phase.struct}"
        name, label = self.phase.accessor, self.phase.class_name
        if self.phase.seq_split:
            parts = [name, f"{self.phase.accessor}_mut", self.phase.variant, kind, string(label)]
            return (text(macro("inner_accessor", parts)) + ";").split("\n")
        refused = _within("_ => Err", "PyTypeError::new_err", string(f"not a {label} op"), ",")
        return [
            "impl PyOperation {",
            "    " + text(signature(f"fn {name}", ["&self"], f"PyResult<&{kind}>"), 4),
            "        match &self.inner {",
            f"            Op::{self.phase.variant}(o) => Ok(o),",
            "            " + text(refused, 12),
            "        }",
            "    }",
            "}",
        ]

    @property
    def signature(self) -> str:
        """The arguments of the constructor as Python has them. rustfmt leaves such an attribute on its line."""
        return ", ".join(["name", "scale_factor", *(p.ident for p in self.phase.params), "*", "seq_split=1"])

    @property
    def _arguments(self) -> list[str]:
        own = [f"{p.ident}: {_ANY if p.quant else p.rust}" for p in self.phase.params]
        return ["name: String", "scale_factor: f64", *own, "seq_split: u32"]

    @property
    def head(self) -> str:
        """The head of the constructor."""
        return text(signature("fn new", self._arguments, "PyResult<(Self, PyOperation)>"), 4)

    @property
    def too_many(self) -> bool:
        """Whether clippy finds the arguments too many."""
        return len(self._arguments) > 7

    @property
    def gate(self) -> str:
        """The statement that refuses a share of the tokens where batch and sequence count separately."""
        return text((call("cp_audit_gate", [string(self.phase.class_name), "false", "seq_split"]), "?;"), 8)

    @property
    def made(self) -> str:
        """The statement that makes the struct."""
        fields: list[tuple[str, Doc]] = [("name", "name"), ("scale_factor", "scale_factor")]
        fields += [(p.ident, self._taken(p)) for p in self.phase.params]
        fields += [("seq_split", "seq_split")] if self.phase.seq_split else []
        return text(("let op = ", struct(f"crate::operators::{self.phase.struct}", fields), ";"), 8)

    def _taken(self, param: EngineParam) -> Doc:
        """A param from its argument."""
        if param.quant:
            return (call(EXTRACTORS[param.type], [param.ident]), "?")
        function = next((c.function for c in self.closed if c.param == param.name), None)
        return param.ident if function is None else (call(function, [param.ident]), "?")

    @property
    def pickled(self) -> list[str]:
        """The statements that say a param to whoever makes the op again."""
        return [text((call("kwargs.set_item", [string(p.name), _read(p)]), "?;"), 8) for p in self.phase.params]

    @property
    def struct_of(self) -> list[str]:
        return self._reached("")

    @property
    def struct_to_change(self) -> list[str]:
        return self._reached("_mut")

    def _reached(self, suffix: str) -> list[str]:
        name = f"{self.phase.accessor}{suffix}"
        flat = f"slf.as_super().{name}()?"
        if len(flat) <= CHAIN:
            return [f"let o = {flat};"]
        return ["let o = slf", "    .as_super()", f"    .{name}()?;"]

    @property
    def getters(self) -> list[Getter]:
        return [Getter(p) for p in self.phase.params]


@dataclass(frozen=True)
class Getter:
    """What Python reads of one param."""

    param: EngineParam

    @property
    def head(self) -> str:
        # The constructor is called `new` on the Rust side.
        name = "new_param" if self.param.name == "new" else self.param.ident
        if self.param.quant:
            parameters = ["slf: PyRef<'py, Self>", "py: Python<'py>"]
            return text(signature(f"fn {name}<'py>", parameters, "PyResult<Bound<'py, PyAny>>"), 4)
        kind = "u32" if self.param.type == "int" else "String"
        return text(signature(f"fn {name}", ["slf: PyRef<'_, Self>"], f"PyResult<{kind}>"), 4)

    @property
    def value(self) -> str:
        if self.param.quant:
            return text(call("py_enum_member", ["py", string(self.param.type), f"&{_read(self.param)}"]), 8)
        return f"Ok({_read(self.param)})"


_ANY = "&Bound<'_, PyAny>"


def _read(param: EngineParam) -> str:
    """A param of the struct `o`, as Python gets it."""
    if param.quant:
        return f"enum_token(&o.{param.ident})"
    return f"o.{param.ident}" if param.type == "int" else f"o.{param.ident}.clone()"


def _within(head: str, function: str, argument: str, suffix: str) -> Doc:
    """A call whose only argument is a call, whose argument goes to a line of its own when the former is too wide."""
    flat = Flat((f"{head}(", Group(f"{function}({argument})", ARGUMENTS), f"){suffix}"))
    return Either((flat, (f"{head}({function}(", Indented((HARD, argument, ",")), HARD, f")){suffix}")))


@dataclass(frozen=True)
class SectionView:
    """The section as its template sees it."""

    owner: EngineOp

    @property
    def op(self) -> Op:
        return self.owner.op

    @property
    def title(self) -> str:
        phases = " / ".join(p.phase for p in self.owner.phases)
        return f"{self.op.name} ({phases})"

    @functools.cached_property
    def classes(self) -> list[ClassView]:
        return [ClassView(self.owner, phase, self._closed(phase)) for phase in self.owner.phases]

    @property
    def closed(self) -> list[Closed]:
        return list({c.function: c for view in self.classes for c in view.closed}.values())

    def _closed(self, phase: EnginePhase) -> tuple[Closed, ...]:
        constants = self.op.sol(phase.phase).constants
        if constants is None or constants.otherwise is not None:
            return ()
        values = tuple(constants.rows)
        others = [self.op.sol(p.phase).constants for p in self.owner.phases]
        alike = all(o is not None and (o.by, tuple(o.rows)) == (constants.by, values) for o in others)
        stem = self.owner.module if alike else phase.accessor
        return (Closed(self.owner, constants.by, values, f"{stem}_{constants.by}"),)


def render(op: EngineOp) -> str:
    """The section, from the comment that separates it to an empty line behind it."""
    return fragment(op.facts.templates, "pyclass.rs.j2", v=SectionView(op), facts=op.facts) + "\n"
