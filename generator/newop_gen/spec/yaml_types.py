"""What YAML would make of a plain scalar, and what a spec makes of it.

YAML 1.1 and 1.2 read types from spelling, and not the same ones: `NO` and `on` are booleans, `010` is 8, `1:30` is 90,
`1e3` is a text for one parser and a number for the next. Here the schema decides. A text field refuses a plain scalar
that any YAML reader (an editor's, a script's) would take for something else, and says how to quote it; number fields
take one spelling per number.
"""

from __future__ import annotations

import math
import re

# https://yaml.org/type/ for 1.1, chapter 10.3 (core schema) for 1.2. `y` and `n` are booleans in 1.1 although PyYAML
# leaves them alone.
_READINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a null", re.compile(r"~|null|Null|NULL|")),
    (
        "a boolean",
        re.compile(r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"),
    ),
    (
        "a number",
        re.compile(
            r"[-+]?(0b[0-1_]*|0o[0-7_]*|0x[0-9a-fA-F_]*|[0-9][0-9_]*)"
            r"|[-+]?([0-9][0-9_]*)?\.[0-9_]*([eE][-+]?[0-9]+)?"
            r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
            r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
    ),
    ("a number in base 60", re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")),
    ("a date", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")),
    ("a merge key", re.compile(r"<<")),
    ("a default value key", re.compile(r"=")),
)

INTEGER = re.compile(r"0|-?[1-9][0-9]*")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")

MAX_INTEGER = 2**53
"""Largest magnitude of a whole number: the largest range in which every one is also a float."""

_NULLS = re.compile(r"~|null|Null|NULL|")


def yaml_reading(text: str) -> str:
    """What a YAML reader would take the plain scalar `text` for; empty when for text."""
    return next((what for what, pattern in _READINGS if pattern.fullmatch(text)), "")


def is_null(text: str) -> bool:
    return _NULLS.fullmatch(text) is not None


def quoted(text: str) -> str:
    """`text` as a double-quoted scalar, for a suggestion."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_integer(text: str) -> int | None:
    """The whole number that `text` spells in its one accepted form, within +-2**53."""
    if not INTEGER.fullmatch(text) or len(text) > 17:
        return None
    value = int(text)
    return value if abs(value) <= MAX_INTEGER else None


def as_number(text: str) -> int | float | None:
    """The finite number that `text` spells in plain decimal or exponent form.

    A value that a float cannot hold (1e400, 1e-400) and negative zero are no numbers here.
    """
    if (whole := as_integer(text)) is not None:
        return whole
    if not DECIMAL.fullmatch(text) or INTEGER.fullmatch(text) or len(text) > 40:
        return None
    value = float(text)
    if not math.isfinite(value) or (
        value == 0.0 and (text.startswith("-") or re.search("[1-9]", re.split("[eE]", text)[0]))
    ):
        return None
    return value
