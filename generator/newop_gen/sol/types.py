"""The types of the SOL language."""

from __future__ import annotations

import enum


class Type(enum.Enum):
    """What an expression is. `INT` widens to `REAL`; nothing else converts.

    `ANY` is the type of what a model holds (`self.config.tp_size`), whose type no spec declares; outside wiring
    expressions it appears only where an error was already found, so that one mistake is reported once.
    """

    INT = "int"
    REAL = "real"
    BOOL = "bool"
    STR = "str"
    QUANT = "quant"
    ANY = "any"

    @property
    def numeric(self) -> bool:
        return self in (Type.INT, Type.REAL, Type.ANY)

    def __str__(self) -> str:
        return self.value


def widened(left: Type, right: Type) -> Type | None:
    """The type that holds both, None when there is none."""
    if left is right:
        return left
    if Type.ANY in (left, right):
        return Type.ANY
    if {left, right} == {Type.INT, Type.REAL}:
        return Type.REAL
    return None
