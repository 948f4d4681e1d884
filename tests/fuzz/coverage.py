"""What random specs have in them, counted from the specs as they were loaded, never from what a generator meant.

What there is to count comes from the format's own models and the language's own nodes: a field, an alternative or an
operator that is added there is missing here until some spec uses it.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from newop_gen.model.op import Op
from newop_gen.sol.parse import FUNCTIONS, parse
from newop_gen.sol.tokens import tokenize
from newop_gen.sol.tree import ArithmeticOp, Call, Chain, Compare, CompareOp, Expr, Logic, Name, Neg, Power, walk
from newop_gen.sol.types import Type
from newop_gen.spec.model import Reading, Spec

#: Names that the format has for one value alone, and types that only a mistake has.
LEFT_OUT = {"Spec.newop=1"}


def wanted() -> set[str]:
    """Everything that has to occur."""
    return {*_fields(Spec, set()), *_productions(), *_shapes()} - LEFT_OUT


def count(spec: Spec) -> Counter[str]:
    """What a spec has in it."""
    found: Counter[str] = Counter()
    _count_model(spec, found)
    for text, dotted in _texts(spec):
        found.update(_in_text(text, dotted=dotted))
    found.update(_in_op(Op.from_spec(spec)))
    return found


# fields and their alternatives


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models(inner)


def _choices(kind: Any) -> Iterator[str]:
    """Alternatives that a field's type leaves: literals, both truth values, and the members of a union of forms."""
    if kind is bool:
        yield from ("True", "False")
    elif get_origin(kind) is Literal:
        yield from map(str, get_args(kind))
    elif get_origin(kind) in (Union, types.UnionType):
        forms = {_form(one) for one in get_args(kind)} - {"none"}
        yield from (f"<{form}>" for form in forms if len(forms) > 1)
        for one in get_args(kind):
            yield from _choices(one)
    elif hasattr(kind, "__metadata__"):
        yield from _choices(get_args(kind)[0])
    elif get_origin(kind) in (list, dict):
        yield from _choices(get_args(kind)[-1])


def _form(kind: Any) -> str:
    while hasattr(kind, "__metadata__"):
        kind = get_args(kind)[0]
    if kind is type(None):
        return "none"
    if get_origin(kind) is Literal:
        return "text"
    kind = get_origin(kind) or kind
    return {str: "text", int: "number", float: "number"}.get(kind, getattr(kind, "__name__", str(kind)))


def _form_of(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, BaseModel):
        return type(value).__name__
    return {str: "text", int: "number", float: "number", list: "list", dict: "dict"}[type(value)]


def _fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    seen.add(model)
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}"
        yield from (f"{model.__name__}.{name}={choice}" for choice in _choices(field.annotation))
        for inner in _models(field.annotation):
            if inner not in seen:
                yield from _fields(inner, seen)


def _count_model(part: BaseModel, found: Counter[str]) -> None:
    for name in part.model_fields_set:
        value = getattr(part, name)
        if value is None:
            continue
        label = f"{type(part).__name__}.{name}"
        found[label] += 1
        _count_value(label, value, found)


def _count_value(label: str, value: Any, found: Counter[str]) -> None:
    found[f"{label}=<{_form_of(value)}>"] += 1
    if isinstance(value, BaseModel):
        _count_model(value, found)
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            _count_value(label, one, found)
    else:
        found[f"{label}={value}"] += 1


# the expression language


def _productions() -> Iterator[str]:
    yield from (f"node {node.__name__}" for node in get_args(Expr))
    yield from (
        f"operator {op}" for op in (*get_args(ArithmeticOp), *get_args(CompareOp), "and", "or", "**", "unary -")
    )
    yield from (f"function {name}" for name in FUNCTIONS)
    yield from (f"type {one}" for one in Type)
    yield from ("form parentheses", "form 'text'", 'form "text"', "form integer", "form decimal", "form exponent")
    yield from ("form a negative exponent", "form a real exponent", "form a name with attributes")


def _texts(part: Any, reading: bool = False, dotted: bool = False) -> Iterator[tuple[str, bool]]:
    """Every expression of a spec, and whether names have attributes in it."""
    if isinstance(part, BaseModel):
        for name, field in type(part).model_fields.items():
            formula = _has_mark(field.annotation) or Reading.FORMULA in field.metadata
            scope = type(part).__name__ == "Wiring"
            yield from _texts(getattr(part, name), formula, scope)
    elif isinstance(part, (list, dict)):
        for one in part.values() if isinstance(part, dict) else part:
            yield from _texts(one, reading, dotted)
    elif isinstance(part, str) and reading:
        yield part, dotted


def _has_mark(kind: Any) -> bool:
    return Reading.FORMULA in getattr(kind, "__metadata__", ()) or any(map(_has_mark, get_args(kind)))


def _in_text(text: str, *, dotted: bool) -> Iterator[str]:
    tokens = tokenize(text, dotted=dotted)
    for token, after in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        if token.kind == "op" and token.text == "(":
            yield "form parentheses"
        elif token.kind == "str":
            yield f"form {token.text[0]}text{token.text[0]}"
        elif token.kind == "int":
            yield "form integer"
        elif token.kind == "real":
            yield "form exponent" if "e" in token.text.lower() else "form decimal"
        if token.text == "**" and after.text == "-":
            yield "form a negative exponent"
    for node in walk(parse(text, dotted=dotted)):
        if isinstance(node, Power):
            yield "operator **"
            if isinstance(node.exponent, float):
                yield "form a real exponent"
        elif isinstance(node, Neg):
            yield "operator unary -"
        elif isinstance(node, Chain):
            yield from (f"operator {op}" for op, _ in node.rest)
        elif isinstance(node, (Compare, Logic)):
            yield f"operator {node.op}"
        elif isinstance(node, Call):
            yield f"function {node.function}"
        elif isinstance(node, Name) and "." in node.id:
            yield "form a name with attributes"
            yield f"type {Type.ANY}"


# what code is written for


def _shapes() -> Iterator[str]:
    yield from (
        f"axes {n}, {m}" for n, m in ((1, "linear"), (2, "linear"), (2, "bilinear"), (3, "bilinear"), (3, "cubic"))
    )
    for table in ("one", "per_phase", "phase_column"):
        yield from (f"phases {used}, {table}" for used in ("context", "generation", "context+generation"))
    yield from ("key none", "key tuple", "key tuple of mixed types", "key several levels", "axis of a param")
    yield from (f"key {kind}" for kind in ("int", "str", "GEMMQuantMode", "MoEQuantMode", "FMHAQuantMode"))
    yield from ("key KVCacheQuantMode", "key CommQuantMode", "a name of 48 characters", "queries 1", "queries 2")
    yield from ("prefix quadratic", "prefix sol_ratio", "prefix none", "bytes alone", "flops alone", "flops and bytes")


def _in_op(op: Op) -> Iterator[str]:
    yield f"phases {'+'.join(op.phases)}, {op.spec.phases.table}"
    yield f"queries {len(op.queries)}"
    yield f"prefix {op.spec.axis.prefix}"
    if len(op.name) == 48:
        yield "a name of 48 characters"
    for phase in op.phases:
        nesting = op.nesting(phase)
        yield f"axes {len(nesting.axes)}, {nesting.method}"
        if any(a.axis in op.params for a in nesting.axes):
            yield "axis of a param"
        yield from _in_keys(op, phase)
        formula = op.formula(phase)
        for part in formula.parts:
            both = part.flops is not None and part.bytes is not None
            yield "flops and bytes" if both else "flops alone" if part.flops is not None else "bytes alone"
        for expr in _trees(op, phase):
            for node in walk(expr):
                yield f"node {type(node).__name__}"
                yield f"type {node.type}"


def _trees(op: Op, phase: Any) -> Iterator[Expr]:
    """The resolved trees of a phase's formula."""
    formula = op.formula(phase)
    yield from (expr for _, expr in formula.lets)
    for part in formula.parts:
        yield from (piece for piece in (part.flops, part.precision, part.bytes) if piece is not None)


def _in_keys(op: Op, phase: Any) -> Iterator[str]:
    keys = op.nesting(phase).keys
    if not keys:
        yield "key none"
    if len(keys) > 1:
        yield "key several levels"
    for key in keys:
        kinds = {op.params[name].type for name in key.params or [str(key.param)]}
        if key.params:
            yield "key tuple"
            if len(kinds) > 1:
                yield "key tuple of mixed types"
        yield from (f"key {kind}" for kind in kinds)
