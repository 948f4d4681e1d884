"""Ops that only remember what they were made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Op:
    def __init__(self, name: str, scale_factor: float = 1.0, *rest: Any, **more: Any) -> None:
        self.name = name
        self.scale = scale_factor
        self.rest = rest
        self.more = more


class OverlapOp(Op):
    def __init__(self, name: str, group_a: list[Op], group_b: list[Op]) -> None:
        super().__init__(name)
        self.inner = [*group_a, *group_b]


class FallbackOp(Op):
    def __init__(self, name: str, primary: Op, fallback: list[Op]) -> None:
        super().__init__(name)
        self.inner = [primary, *fallback]


def __getattr__(name: str) -> type[Op]:
    if name.startswith("_"):
        raise AttributeError(name)
    return type(name, (Op,), {})


def walk(items: list[Op]) -> Iterator[Op]:
    for op in items:
        yield op
        yield from walk(getattr(op, "inner", []))
