"""A located tree read by the models: the schema decides what each scalar is.

One walk over the tree and the model's types together finds everything that has to do with form: unknown and missing
keys, a list where a mapping belongs, texts that spell no number. It also builds the model instances, unvalidated, as
far as they can be built, so that the later checks can speak in the same run; pydantic then checks the limits (patterns,
lengths, ranges) of what was built.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ..problems import Place, Problem
from .hints import (
    bare_type,
    field_types,
    fields_of,
    in_words,
    is_model,
    may_be_empty,
    members_of,
    options_of,
    origin_of,
    reading_of,
    required_of,
)
from .model import Reading
from .nodes import KIND_NAMES, Document, Loc, Mapping, Node, Scalar, Sequence
from .places import Places
from .text import did_you_mean, near, problem, shown, text_fault
from .yaml_types import INTEGER, as_integer, as_number, is_null, quoted, yaml_reading

UNUSABLE: Any = object()
"""Stands for a value that was refused, so that items of a list keep their numbers."""


@dataclass
class Shaped:
    """What the walk gave.

    `value` is a model instance built without validation. `reported` are the locs that a problem was found at.
    `incomplete` are top-level fields whose value lacks something that is required.
    """

    places: Places
    value: Any = None
    problems: list[Problem] = field(default_factory=list)
    reported: set[Loc] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)


def shape(document: Document, root: Mapping, model: type[BaseModel]) -> Shaped:
    """Read `root` as `model`; nothing is raised, every problem is in the result."""
    walk = _Walk(document)
    walk.result.places.add((), root)
    walk.result.value = walk.model(model, root, ())
    return walk.result


def plain(value: Any) -> Any:
    """The data of unvalidated model instances, for `model_validate`: only what was given."""
    if isinstance(value, BaseModel):
        return {name: plain(item) for name, item in value.__dict__.items() if name in value.model_fields_set}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


class _Walk:
    def __init__(self, document: Document) -> None:
        self.result = Shaped(Places(document))

    # reporting

    def report(self, loc: Loc, place: Place, code: str, found: str, expected: str = "", suggestion: str = "") -> None:
        self.result.problems.append(problem(place, found, expected, suggestion, code))
        self.result.reported.add(loc)

    def refuse(self, loc: Loc, code: str, found: str, expected: str = "", suggestion: str = "") -> Any:
        """Report what leaves no value to go on with."""
        self.report(loc, self.result.places(loc), code, found, expected, suggestion)
        return self.unusable(loc)

    def unusable(self, loc: Loc) -> Any:
        self.result.reported.add(loc)
        if loc:
            self.result.incomplete.add(str(loc[0]))
        return UNUSABLE

    # collections

    def model(self, model: type[BaseModel], node: Mapping, loc: Loc) -> BaseModel:
        hints = fields_of(model)
        given = {key.text for key, _ in node.entries}
        values: dict[str, Any] = {}
        for key, child in node.entries:
            name = key.text
            if name not in hints:
                name = self._unknown_key(hints, given, key, child, loc, model)
                if not name or name in values:
                    continue
            at = (*loc, name)
            self.result.places.add(at, child, key)
            values[name] = self.value(hints[name], child, at)
        for name in required_of(model):
            if name not in values:
                self._missing(name, hints[name], loc, bool(loc) or name not in _HARMLESS)
                if not loc and name in _HARMLESS:
                    values[name] = _HARMLESS[name]
        known = {name: value for name, value in values.items() if value is not UNUSABLE}
        built = model.model_construct(_fields_set=set(values), **known)
        for name in values.keys() - known.keys():
            built.__dict__[name] = UNUSABLE
        return built

    def _unknown_key(
        self, hints: dict[str, Any], given: set[str], key: Scalar, child: Node, loc: Loc, model: type[BaseModel]
    ) -> str:
        """Report it; the field that it was probably meant to be, when that one is not given as well."""
        places = self.result.places
        at = (*loc, key.text)
        places.add(at, child, key)
        free = [name for name in hints if name not in given]
        guess = near(key.text, free)
        suggestion = f"did you mean {guess!r}?" if guess else _elsewhere(key.text, model)
        if isinstance(child, Scalar) and key.end == child.start == child.end:  # `{query: b,s}` is two keys
            suggestion = "a text with a comma is quoted here"
        found = f"unknown key {shown(key.text)}"
        expected = "one of " + ", ".join(free) if free else "no more keys"
        self.report(at, places.key(at), "unknown-key", found, expected, suggestion)
        return guess or ""

    def _missing(self, name: str, hint: Any, loc: Loc, incomplete: bool) -> None:
        where = f" of {'.'.join(map(str, loc))}" if loc else ""
        found = f"no key {name!r}{where}"
        self.report((*loc, name), self.result.places(loc), "missing-key", found, f"{name}: {in_words(hint)}")
        if incomplete:
            self.result.incomplete.add(str(loc[0]) if loc else name)

    def value(self, hint: Any, node: Node, loc: Loc) -> Any:
        """The value that `hint`, a type of a model's field, makes of `node`."""
        if not node.usable:
            return self.unusable(loc)
        if isinstance(node, Scalar) and node.plain and is_null(node.text):
            return self.refuse(loc, "null", "no value", in_words(hint), "leave the key out, or give it a value")
        options = options_of(hint)
        if isinstance(node, Mapping):
            return self._mapping(hint, [o for o in options if is_model(o) or origin_of(o) is dict], node, loc)
        if isinstance(node, Sequence):
            return self._sequence(hint, [o for o in options if origin_of(o) is list], node, loc, len(options) > 1)
        return self._scalar(
            hint, [o for o in options if not is_model(o) and origin_of(o) not in (dict, list)], node, loc
        )

    def _mapping(self, hint: Any, options: list[Any], node: Mapping, loc: Loc) -> Any:
        if not options:
            return self._wrong_kind(hint, node, loc)
        option = options[0]
        if len(options) > 1:  # a form per phase, or one for all: the one that more of the keys belong to
            keys = {key.text for key, _ in node.entries}
            option = max(options, key=lambda o: (len(keys & o.model_fields.keys()), keys <= o.model_fields.keys()))
        if is_model(option):
            return self.model(option, node, loc)
        key_type, value_type = typing.get_args(bare_type(option))
        values: dict[Any, Any] = {}
        for key, child in node.entries:
            at = (*loc, key.text)
            self.result.places.add(at, child, key)
            if self._accepts_key(key_type, key, at):
                values[key.text] = self.value(value_type, child, at)
        return {name: value for name, value in values.items() if value is not UNUSABLE}

    def _accepts_key(self, hint: Any, key: Scalar, loc: Loc) -> bool:
        """Judge a key of a mapping whose keys the spec's author chooses; false when it stands for nothing."""
        place = self.result.places.key(loc)
        if (members := members_of(hint)) is not None:
            if key.text in members:
                return True
            expected, suggestion = "one of " + ", ".join(members), did_you_mean(key.text, members)
            self.report(loc, place, "unknown-key", f"unknown key {shown(key.text)}", expected, suggestion)
            return False
        if key.plain and (reading := yaml_reading(key.text)):
            found = f"key {shown(key.text)}, which YAML reads as {reading}"
            self.report(loc, place, "implicit-type", found, "text", f"write {quoted(key.text)}")
        elif fault := text_fault(key.text, human=False):
            self.report(loc, place, fault.code, fault.found, fault.expected, fault.suggestion)
        return True

    def _sequence(self, hint: Any, options: list[Any], node: Sequence, loc: Loc, alternatives: bool) -> Any:
        if not options:
            return self._wrong_kind(hint, node, loc)
        if alternatives and not node.items and not may_be_empty(options[0]):
            return self.refuse(loc, "empty-list", "an empty list", in_words(hint))
        (item_type,) = typing.get_args(bare_type(options[0]))
        values = []
        for number, item in enumerate(node.items):
            at = (*loc, number)
            self.result.places.add(at, item)
            values.append(self.value(item_type, item, at))
        return values

    def _wrong_kind(self, hint: Any, node: Node, loc: Loc) -> Any:
        suggestion = ""
        first = options_of(hint)[0]
        if isinstance(node, Scalar) and origin_of(first) is list:
            suggestion = f"write [{node.text}]" if node.plain and len(node.text) <= 40 else "make it a list"
        elif isinstance(node, Scalar) and is_model(first) and node.plain and len(node.text) <= 40:
            suggestion = f"for example {{{next(iter(first.model_fields))}: {node.text}}}"
        found = f"the value {shown(node.text)}" if isinstance(node, Scalar) else KIND_NAMES[type(node)]
        return self.refuse(loc, "type", found, in_words(hint), suggestion)

    # scalars

    def _scalar(self, hint: Any, options: list[Any], node: Scalar, loc: Loc) -> Any:
        if not options:
            return self._wrong_kind(hint, node, loc)
        literals = [member for option in options for member in members_of(option) or ()]
        if node.text in literals or any(type(m) is int and node.plain and node.text == str(m) for m in literals):
            return next(m for m in literals if str(m) == node.text)
        if len(literals) and len(options) == 1:
            return self._literal_fault(literals, node, loc)
        bases = {bare_type(option) for option in options}
        if bool in bases:
            return self._boolean(node, loc)
        number = as_number(node.text) if node.plain else None
        if number is not None and (float in bases or (int in bases and isinstance(number, int))):
            return number if int in bases else float(number)
        if str in bases:
            return self._text(next(o for o in options if bare_type(o) is str), node, loc)
        return self._number_fault(hint, node, loc, whole=float not in bases)

    def _literal_fault(self, members: list[Any], node: Scalar, loc: Loc) -> Any:
        names = [str(m) for m in members]
        expected = ("one of " if len(names) > 1 else "") + ", ".join(names)
        suggestion = did_you_mean(node.text, names)
        if not node.plain and any(type(m) is int and str(m) == node.text for m in members):
            suggestion = "write it without quotes"
        guess = near(node.text, names)
        if guess is None:
            return self.refuse(loc, "choice", shown(node.text), expected)
        self.report(loc, self.result.places(loc), "choice", shown(node.text), expected, suggestion)
        return next(m for m in members if str(m) == guess)

    def _boolean(self, node: Scalar, loc: Loc) -> Any:
        if node.plain and node.text in ("true", "false"):
            return node.text == "true"
        suggestion = "write it without quotes" if node.text in ("true", "false") else ""
        if not suggestion and node.plain and yaml_reading(node.text) == "a boolean":
            suggestion = "write true" if node.text.lower() in ("y", "yes", "true", "on") else "write false"
        return self.refuse(loc, "type", shown(node.text), "true or false", suggestion)

    def _number_fault(self, hint: Any, node: Scalar, loc: Loc, *, whole: bool) -> Any:
        suggestion = ""
        if not node.plain and (as_integer if whole else as_number)(node.text) is not None:
            suggestion = "write it without quotes"
        elif whole and as_number(node.text) is not None:
            suggestion = "leave out the fraction"
        elif node.plain and node.text.lstrip("+-").replace("_", "").strip("0").isdecimal() and len(node.text) < 30:
            digits = node.text.lstrip("+-").replace("_", "").lstrip("0") or "0"
            suggestion = (
                "write it in decimal"
                if not INTEGER.fullmatch(digits)
                else f"write {digits}"
                if as_integer(digits)
                else ""
            )
        return self.refuse(loc, "type", shown(node.text), in_words(hint), suggestion)

    def _text(self, hint: Any, node: Scalar, loc: Loc) -> Any:
        reading = reading_of(hint)
        text = node.text
        if reading is Reading.FORMULA:
            # A number is a formula in its one accepted spelling. Lines of a block count as one line of formula.
            if node.plain and as_number(text) is not None:
                return text
            if node.block:
                text = text.rstrip("\n").replace("\n", " ")
        # A text that is refused is kept all the same, so that what depends on it can be looked at in the same run.
        # (`n` and `y` are booleans of YAML 1.1 on paper only; as names in a formula they are plain.)
        single = reading is Reading.FORMULA and len(text) == 1 and text.isalpha()
        if node.plain and not single and (what := yaml_reading(text)):
            found = f"{shown(text)}, which YAML reads as {what}"
            expected, suggestion = "text", f"write {quoted(text)}"
            if reading is Reading.FORMULA:
                expected = "an expression, with numbers such as 12, 0.5 or 1e12"
                suggestion = "" if what.startswith("a number") else suggestion
            self.report(loc, self.result.places(loc), "implicit-type", found, expected, suggestion)
        elif fault := text_fault(text, human=reading is Reading.HUMAN):
            place = self.result.places.offset(loc, fault.offset)
            self.report(loc, place, fault.code, fault.found, fault.expected, fault.suggestion)
        return text


# What a spec lacks but that the later checks can do without, so that they still run.
_HARMLESS: dict[str, Any] = {"newop": 1, "summary": "", "empirical": 1.0}


def _elsewhere(word: str, model: type[BaseModel]) -> str:
    """Where a key of that name belongs, when a part of `model` has one."""
    for name, hint in field_types(model).items():
        if name in model.model_fields and any(is_model(o) and word in o.model_fields for o in options_of(hint)):
            return f"it belongs under {name!r}"
    return ""
