"""Type hints of the models, as `shape` walks along them."""

from __future__ import annotations

import functools
import types
import typing
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .model import Reading


@functools.cache
def field_types(model: type[BaseModel]) -> dict[str, Any]:
    """The hint of each field, with what `Annotated` adds to it."""
    return typing.get_type_hints(model, include_extras=True)


@functools.cache
def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """The same of those that a spec may give."""
    return {name: hint for name, hint in field_types(model).items() if name in model.model_fields}


@functools.cache
def required_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields that a spec must give."""
    return tuple(name for name, info in model.model_fields.items() if info.is_required())


@functools.cache
def origin_of(hint: Any) -> Any:
    """`list` of `list[str]`, None of a plain type."""
    return typing.get_origin(bare_type(hint))


@functools.cache
def bare_type(hint: Any) -> Any:
    """The type without what `Annotated` adds to it."""
    return typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint


@functools.cache
def is_model(hint: Any) -> bool:
    """Whether a mapping with fixed keys is wanted."""
    bare = bare_type(hint)
    # On Python 3.10 `list[int]` passes for a type, so that its origin is asked for first.
    return typing.get_origin(bare) is None and isinstance(bare, type) and issubclass(bare, BaseModel)


@functools.cache
def members_of(hint: Any) -> tuple[Any, ...] | None:
    """The values that a `Literal` allows; None for anything else."""
    bare = bare_type(hint)
    return typing.get_args(bare) if typing.get_origin(bare) is Literal else None


def reading_of(hint: Any) -> Reading | None:
    """How a text is to be read, where its type says so."""
    metadata = getattr(hint, "__metadata__", ())
    return next((m for m in metadata if isinstance(m, Reading)), None)


@functools.cache
def may_be_empty(hint: Any) -> bool:
    """Whether a list may have no item: where nothing says how many it must have."""
    fields = (m for m in getattr(hint, "__metadata__", ()) if isinstance(m, FieldInfo))
    return not any(getattr(limit, "min_length", 0) for field in fields for limit in field.metadata)


@functools.cache
def options_of(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union, without None; one for anything else."""
    if origin_of(hint) in (Union, types.UnionType):
        options = (option for option in typing.get_args(bare_type(hint)) if option is not type(None))
        return tuple(o for option in options for o in options_of(option))
    return (hint,)


def in_words(hint: Any) -> str:
    """`hint` in words."""
    words: list[str] = []
    for option in options_of(hint):
        base = bare_type(option)
        if (members := members_of(option)) is not None:
            word = ("one of " if len(members) > 1 else "") + ", ".join(map(str, members))
        elif is_model(option):
            word = f"a mapping with {', '.join(base.model_fields)}"
        elif origin_of(option) is dict:
            word = "a mapping"
        elif origin_of(option) is list:
            word = "a list"
        else:
            word = _SCALAR_WORDS.get(base, "text")
            if reading_of(option) is Reading.FORMULA:
                word = "an expression"
        if word not in words:
            words.append(word)
    return " or ".join(words)


_SCALAR_WORDS: dict[Any, str] = {
    str: "text",
    int: "a whole number within +-2**53",
    float: "a finite number such as 0.7",
    bool: "true or false",
}
