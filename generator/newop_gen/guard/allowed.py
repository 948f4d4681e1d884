"""What a validated spec brings into the code of its op: names, attributes, strings, numbers, calls.

Computed from the spec and from the names that `Op` derives from it. Expressions are taken apart by three regular
expressions and nothing else: whether a formula is well-formed was decided long before, and here it only matters which
words, numbers and strings it has. So a fault in the parser or in a renderer does not become a fault of the guard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .vocabulary import Number, Vocabulary, number

if TYPE_CHECKING:
    from ..model.op import Op
    from ..spec.model import Nesting, Sol

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Allowed:
    """What the code of one op may hold besides the fixed words of its step.

    `names` may be read and bound; `heads` are names that further locals are derived from (`traffic_bytes`,
    `traffic_bytes_1`). `wired` are dotted names of wiring expressions. `targets` are what may be assigned to besides
    plain names. `stems` are names of tables, `files` are names that a new file of the op may have.
    """

    names: frozenset[str]
    heads: tuple[str, ...]
    params: frozenset[str]
    attributes: frozenset[str]
    calls: frozenset[str]
    strings: frozenset[str]
    numbers: frozenset[Number]
    targets: frozenset[str]
    classes: frozenset[str]
    functions: frozenset[str]
    imports: frozenset[str]
    exact: frozenset[str]
    wired: frozenset[str]
    files: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(cls, op: Op, words: Vocabulary) -> Allowed:
        """What the spec of `op` allows, in a layout with these words (of all steps)."""
        spec, name = op.spec, op.name
        params = frozenset(spec.params)
        owner = f"_{op.camel}"
        classes = {owner, *(op.class_name(phase) for phase in op.phases)}
        loaders = {table.loader for table in op.tables}
        tables = {table.attribute for table in op.tables}
        members = {table.member for table in op.tables}
        stems = {table.stem for table in op.tables}
        methods = {query.method for query in op.queries}
        interpolations = {f"_interpolate_{name}", *(f"_interpolate_{phase}_{name}" for phase in op.phases)}
        answers = {method.replace("query_", "", 1) for method in methods}
        aliases = {f"{param}_names" for param in params}
        quants = {f"{own}{name}_{param}" for own in ("", "own_") for param in op.quant_params}
        formula = _Formula(op)
        return cls(
            names=frozenset(
                {f"{name}_data", f"{name}_file", *params, *classes, *loaders, *aliases, *formula.locals}
                | members
                | {answer.upper() for answer in answers}
                | quants
            ),
            heads=tuple(
                sorted(
                    {*formula.locals, *(f"{own}{name}_{param}" for own in ("", "own_") for param in op.quant_params)}
                    | {"sol_math", "sol_mem", *(["weights"] if spec.weights is not None else [])}
                )
            ),
            params=params,
            attributes=frozenset(
                {f"_{param}" for param in params} | tables | members | methods | classes | loaders | interpolations
            )
            | {name, *_modes(op)},
            calls=frozenset(
                loaders
                | {f"{alias}.get" for alias in aliases}
                | {f"{base}.{method}" for base in ("database", "empty_database", "self") for method in methods}
                | {f"{base}.{method}" for base in ("self", "cls") for method in interpolations}
                | {f"{base}._{method}_table" for base in (*classes, "owner") for method in methods}
                | {f"ops.{one}" for one in classes}
                | {f"{one}.load_data" for one in classes}
                | {f"ops.{one}.load_data" for one in classes}
                | {f"module.{loader}" for loader in loaders}
            ),
            strings=params.union(
                *(members, stems, tables, classes, loaders, methods, _strings(op)),
                (f"{stem}{suffix}" for stem in stems for suffix in words.suffixes),
                (name, f"operations.{name}", f".{name}", *(f"{phase}_{name}" for phase in op.phases)),
                (method.removeprefix("query_") for method in methods),
                (f"{root}.operations.{name}" for root in words.packages),
            ),
            numbers=frozenset(map(number, (*_numbers(op), *_indices(op)))),
            targets=frozenset({f"self._{param}" for param in params} | {f"self.{table}" for table in tables}),
            classes=frozenset(classes),
            functions=frozenset(loaders).union(
                methods, interpolations, (f"_{method}_table" for method in methods), _tests(op, members, answers)
            ),
            imports=frozenset(
                f"from {root}.operations.{name} import {names}"
                for root in words.packages
                for names in (", ".join(sorted(classes - {owner})), *sorted(classes))
            ),
            exact=frozenset(
                {f"open({name}_file, encoding='utf-8')", "open(perf_file, encoding='utf-8')"}
                | {f"_alias_module(__name__, '{root}.operations.{name}')" for root in words.packages}
            ),
            wired=frozenset(_wired(op)),
            files=frozenset({f"{name}.py", f"test_{name}.py"})
            | {f"{stem}{suffix}" for stem in stems for suffix in words.suffixes},
            stems=frozenset(stems),
        )

    def binds(self, name: str) -> bool:
        """Whether `name` is one that the op's formulas or arguments give to a local."""
        if name in self.names or name.rstrip("_") in self.names:
            return True
        # A piece of a long expression is called after what it is a piece of, cut short: `traffic_byte_1`.
        head = name.rstrip("_0123456789")
        if head == name:
            return False
        return any(stem.startswith(head) for stem in self.heads)


class _Formula:
    """Names that the formulas of an op give to locals."""

    def __init__(self, op: Op) -> None:
        self.locals: set[str] = set()
        for phase in op.phases:
            sol: Sol = op.sol(phase)
            self.locals.update(sol.let)
            for part in sol.parts:
                self.locals.update(f"{part.name}_{what}" for what in ("flops", "bytes", "math", "quant"))
            if sol.constants is not None:
                for row in sol.constants.rows.values():
                    self.locals.update(row)


def _nestings(op: Op) -> list[Nesting]:
    return [op.nesting(phase) for phase in op.phases]


def _expressions(op: Op) -> Iterator[str]:
    """Every text of the spec that is a formula or an expression over columns."""
    for phase in op.phases:
        sol: Sol = op.sol(phase)
        yield from sol.let.values()
        for part in sol.parts:
            yield from (text for text in (part.flops, part.precision, part.bytes) if text is not None)
    weights = op.spec.weights
    if isinstance(weights, str):
        yield weights
    elif weights is not None:
        yield from (text for text in (weights.context, weights.generation) if text is not None)
    for nesting in _nestings(op):
        for key in nesting.keys:
            yield from (text for text in (key.column, key.lookup, *(key.columns or ())) if text is not None)
        yield from (axis.column for axis in nesting.axes if axis.column is not None)
        yield nesting.latency.column
        if nesting.rows is not None:
            yield nesting.rows


def _strings(op: Op) -> Iterator[str]:
    """Strings that the spec has as values, and the columns that its expressions read."""
    spec = op.spec
    yield spec.phases.column
    yield from spec.phases.values.values()
    for param in spec.params.values():
        yield from param.modes
    for phase in op.phases:
        constants = op.sol(phase).constants
        if constants is not None:
            yield from constants.rows
    for nesting in _nestings(op):
        for axis in nesting.axes:
            yield axis.axis
        for key in nesting.keys:
            yield from (*key.alias, *key.alias.values(), *key.only)
            yield from (str(text) for text in (key.default, key.fallback) if text is not None)
            if key.params:
                yield ", ".join(key.params)
    for text in _expressions(op):
        yield from _quoted(text)
        yield from _WORD.findall(_QUOTED.sub(" ", text))
    for wiring in spec.wiring:
        yield op.instance_name(wiring)
        for text in _wiring_texts(wiring):
            yield from _quoted(text)


def _quoted(text: str) -> Iterable[str]:
    return (one or other for one, other in _QUOTED.findall(text))


def _numbers(op: Op) -> Iterator[float]:
    for phase in op.phases:
        yield op.empirical(phase)
        constants = op.sol(phase).constants
        if constants is not None:
            for row in constants.rows.values():
                yield from row.values()
                yield from map(float, row.values())  # beside a real, whole numbers are reals
    for nesting in _nestings(op):
        for key in nesting.keys:
            if isinstance(key.default, int):
                yield key.default
        if nesting.pre_interpolate is not None:
            for values in nesting.pre_interpolate.values.values():
                if isinstance(values, list):
                    yield from values
    for text in _expressions(op):
        yield from _written(text)
    for wiring in op.spec.wiring:
        for value in wiring.args.values():
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int))
        for text in _wiring_texts(wiring):
            yield from _written(text)


def _indices(op: Op) -> Iterable[int]:
    """Positions in a tuple key and in a row of constants."""
    rows = [row for phase in op.phases if (table := op.sol(phase).constants) for row in table.rows.values()]
    return range(max([len(op.params), *map(len, rows)]))


def _modes(op: Op) -> Iterator[str]:
    """Quant modes that the spec names; the enums of the checkout have them as members."""
    for param in op.quant_params.values():
        yield from (*param.modes, *([param.otherwise] if param.otherwise else []))
    for text in _expressions(op):
        yield from _WORD.findall(_QUOTED.sub(" ", text))
    for nesting in _nestings(op):
        yield from (key.fallback for key in nesting.keys if key.fallback is not None)


def _written(text: str) -> Iterator[float]:
    for found in _NUMBER.findall(_QUOTED.sub(" ", text)):
        yield int(found) if found.isdigit() else float(found)


def _wiring_texts(wiring: Any) -> Iterator[str]:
    """The expressions of a wiring: condition, scale and arguments, each with its alternatives."""
    for value in (wiring.when, wiring.scale, *wiring.args.values()):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one


def _wired(op: Op) -> Iterator[str]:
    """Dotted names in the wiring expressions."""
    for wiring in op.spec.wiring:
        for text in _wiring_texts(wiring):
            yield from _DOTTED.findall(_QUOTED.sub(" ", text))


def _tests(op: Op, members: Iterable[str], answers: Iterable[str]) -> Iterator[str]:
    """Names of the functions of the generated unit test."""
    for member in members:
        yield f"test_loader_keeps_every_key_of_{member}_once"
        yield f"test_{member}_as_parquet_without_power"
    for answer in answers:
        yield from (
            f"test_{answer}{what}"
            for what in (
                "_answers_in_five_modes",
                "_in_five_modes",
                "_without_data",
                "_without_data_is_its_sol",
                "_of_a_key_that_was_not_collected",
            )
        )
    yield from (
        f"test_{phase}_operation_of_{op.name}{what}" for phase in op.phases for what in ("", "_hands_on_its_axes")
    )
