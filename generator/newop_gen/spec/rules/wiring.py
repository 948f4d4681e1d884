"""Model wiring, as far as it can be checked without a checkout."""

from __future__ import annotations

from ...sol.check import compile_expr, names
from ...sol.findings import SolSyntax
from ...sol.parse import parse
from ...sol.tree import Bool, Call, Chain, Neg, Power
from ...sol.types import Type
from ..model import Wiring
from ..nodes import Loc
from ..report import Report
from ..shape import plain

_COSTED_PER_REQUEST = {"context_attention": "context", "generation_attention": "generation"}


def check_wiring(report: Report) -> None:
    seen: dict[str, int] = {}
    for number, wiring in enumerate(report.spec.wiring):
        loc = ("wiring", number)
        if (first := seen.setdefault(repr(plain(wiring)), number)) != number:
            place = report.places(("wiring", first))
            report.error(
                loc, "twice", f"the same wiring again, first at {place.line}:{place.column}", "each wiring once"
            )
        _one(report, loc, wiring)
    _unconditional(report)


def _unconditional(report: Report) -> None:
    """Said once for all entries that leave `when` out. An empty list says that every model is meant."""
    entries = [number for number, wiring in enumerate(report.spec.wiring) if wiring.when is None]
    if entries:
        numbers = [str(number + 1) for number in entries]
        which = f" in entry {numbers[0]}" if len(numbers) == 1 else f" in entries {', '.join(numbers)}"
        found = (
            f"wiring without a condition{which if len(report.spec.wiring) > 1 else ''}: every model of the class gets "
        )
        found += "the op, also where there are no data for it"
        hint = "add 'when: ...' if the op is for one architecture, 'when: []' if every model is meant"
        report.warn(("wiring", entries[0]), "no-condition", found, hint)


def check_overrides(report: Report) -> None:
    """A wired model may ask for a mode that the op has no kernel for; each quant param says what it gets then."""
    if not report.spec.wiring:
        return
    for name, param in report.spec.params.items():
        if report.params()[name] is Type.QUANT and param.otherwise is None:
            expected = "otherwise: the mode for a wired model that would ask for one not in modes"
            found = f"quant param {name!a} of a wired op without otherwise"
            report.error(("params", name), "modes", found, expected, key=True)


def _one(report: Report, loc: Loc, wiring: Wiring) -> None:
    if wiring.phase not in report.used:
        found = f"{wiring.phase}, which the op does not use"
        report.error((*loc, "phase"), "phase", found, ", ".join(report.used))
    given = [field for field in ("before", "after", "replace") if getattr(wiring.at, field) is not None]
    if len(given) != 1:
        found = f"both {' and '.join(given)}" if given else "no place"
        report.error((*loc, "at"), "wiring-place", found, "exactly one of before, after and replace", key=True)
    _name(report, loc, wiring)
    _args(report, loc, wiring)
    for field, wanted in (("when", Type.BOOL), ("scale", Type.REAL)):
        _expressions(report, (*loc, field), getattr(wiring, field), wanted)


def _name(report: Report, loc: Loc, wiring: Wiring) -> None:
    name = wiring.name
    if name is None:
        return
    if "logits_gemm" in name:
        found = f"the name {name!a}: backends count tokens differently for ops named so"
        report.error((*loc, "name"), "reserved-name", found, "another name")
    if (phase := _COSTED_PER_REQUEST.get(name, wiring.phase)) != wiring.phase:
        report.error((*loc, "name"), "phase", f"the name {name!a} in the {wiring.phase} phase", f"the {phase} phase")


def _args(report: Report, loc: Loc, wiring: Wiring) -> None:
    """An argument for each param, and for nothing else."""
    params = report.params()
    for name, value in wiring.args.items():
        at = (*loc, "args", name)
        if name not in params:
            report.unknown(at, "undeclared", "argument", name, [p for p in params if p not in wiring.args], key=True)
            continue
        _expressions(report, at, value, params[name])
    missing = [name for name in params if name not in wiring.args]
    if missing:
        at = (*loc, "args") if "args" in wiring.model_fields_set else loc
        report.error(at, "wiring-args", f"no argument for {', '.join(missing)}", "an argument for each param", key=True)


def _expressions(report: Report, loc: Loc, value: object, wanted: Type) -> None:
    """Expressions over what is in scope at the anchor; which names that are is known only in a checkout."""
    alternatives = value if isinstance(value, list) else [] if value is None else [value]
    for number, item in enumerate(alternatives):
        at = (*loc, number) if isinstance(value, list) else loc
        if isinstance(item, int):
            if wanted is not Type.INT:
                report.error(at, "formula-type", f"the number {item}", _WORDS[wanted])
            continue
        _expression(report, at, item, wanted)


def _expression(report: Report, loc: Loc, text: str, wanted: Type) -> None:
    try:
        scope = dict.fromkeys(names(parse(text, dotted=True)), Type.ANY)
    except SolSyntax as error:
        report.findings(loc, error.findings)
        return
    expr, findings = compile_expr(text, scope, dotted=True)
    report.findings(loc, findings)
    if expr is None:
        return
    if isinstance(expr, Bool):
        report.error(loc, "formula-type", f"the constant {text!a}", _WORDS[wanted], "leave it out")
        return
    # What a model holds can be anything, but what is computed from it is a number.
    number = wanted in (Type.INT, Type.REAL)
    if expr.type is Type.ANY:
        fits = number or not isinstance(expr, (Chain, Neg, Power, Call))
    else:
        fits = expr.type is wanted or (wanted is Type.REAL and expr.type is Type.INT)
    if not fits:
        kind = "real" if expr.type is Type.ANY else str(expr.type)
        suggestion = "write // for a whole number" if kind == "real" and wanted is Type.INT else ""
        report.error(loc, "formula-type", f"an expression of type {kind}", _WORDS[wanted], suggestion)


_WORDS = {
    Type.INT: "a whole number",
    Type.REAL: "a number",
    Type.BOOL: "a condition",
    Type.STR: "a string",
    Type.QUANT: "a quant mode",
}
