"""Pydantic's verdict in the words of a spec: patterns, lengths and ranges.

Everything about form was reported by `shape` already, with better words and for the branch of a union that was meant.
So only errors about limits are taken from pydantic; the rest it says about the same values is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..problems import Problem
from .model import CLASS_PATTERN, NAME_PATTERN, OP_NAME_PATTERN, PATTERN_WORDS
from .nodes import Loc
from .shape import Shaped, plain
from .text import shown

_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def validated(model: type[BaseModel], shaped: Shaped) -> tuple[Any, list[Problem]]:
    """The validated instance, or None and what is over a limit in what `shape` built."""
    try:
        return model.model_validate(plain(shaped.value)), []
    except ValidationError as error:
        problems = list(_problems(error, shaped))
        if not problems and not shaped.reported:
            # Nothing known says why. Better a poor message than a spec that slips through.
            details = error.errors(include_url=False)[0]
            loc, _ = _model_loc(details["loc"], shaped)
            problems = [Problem(shaped.places(loc), str(details["msg"])[:200], code="limit")]
        return None, problems


def _problems(error: ValidationError, shaped: Shaped) -> Iterator[Problem]:
    for details in error.errors(include_url=False):
        said = _said(details)
        if said is None:
            continue
        loc, is_key = _model_loc(details["loc"], shaped)
        if loc in shaped.reported:
            continue
        shaped.reported.add(loc)
        place = shaped.places.key(loc) if is_key else shaped.places(loc)
        found, expected, suggestion = said
        yield Problem(place, found, expected, suggestion, "limit")


def _said(details: ErrorDetails) -> tuple[str, str, str] | None:
    """Found, expected and suggestion of an error about a limit; None for one about form."""
    kind, given = details["type"], details["input"]
    context: dict[str, Any] = details.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return shown(given), PATTERN_WORDS.get(pattern, f"text like {pattern}"), _spelling(str(given), pattern)
    if kind == "string_too_long":
        return f"a text of {len(given)} characters", f"at most {context['max_length']} characters", ""
    if kind == "string_too_short":
        return "an empty text", f"at least {context['min_length']} characters", ""
    if kind in ("too_long", "too_short"):
        what = "entries" if isinstance(given, dict) else "items"
        bound = f"at most {context['max_length']}" if kind == "too_long" else f"at least {context['min_length']}"
        return f"{len(given)} {what}", bound, ""
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return shown(str(given)), f"{words} {context[key]}", ""
    return None


def _spelling(word: str, pattern: str) -> str:
    """The nearest name that fits, for the usual slips: capitals, dashes, spaces."""
    guess = ""
    if pattern in (NAME_PATTERN, OP_NAME_PATTERN):
        guess = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word[:80]).lower()).strip("_")
    elif pattern == CLASS_PATTERN:
        guess = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", word[:80]))
    return f"for example {guess!r}" if word.isascii() and re.fullmatch(pattern, guess) else ""


def _model_loc(loc: tuple[int | str, ...], shaped: Shaped) -> tuple[Loc, bool]:
    """Pydantic's loc without the names of union branches that it puts in between; and whether it means the key."""
    known: Loc = ()
    for part in loc:
        if (*known, part) in shaped.places:
            known = (*known, part)
    return known, bool(loc) and loc[-1] == "[key]"
