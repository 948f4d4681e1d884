"""The cells of a parquet file as text: every type that Arrow has gives one, or says which cell has none."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable
from typing import Any

from .arrow import arrow

Bad = Callable[[int, str], None]
"""Told the number of a cell in its array, and what is wrong with it."""


def cell_texts(array: Any, bad: Bad) -> list[str]:
    """The cells as text, "" for null. A number has the digits that tell it apart, a time is that of ISO 8601 in UTC, a
    duration a number in its unit; a list or a structure is as Python writes it."""
    pa = arrow()
    types, kind = pa.types, array.type
    if isinstance(kind, pa.BaseExtensionType):
        return cell_texts(array.storage, bad)
    if types.is_dictionary(kind):
        return _of_dictionary(array, bad)
    if hasattr(types, "is_run_end_encoded") and types.is_run_end_encoded(kind):
        return cell_texts(pa.compute.run_end_decode(array), bad)
    if types.is_null(kind):
        return [""] * len(array)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return ["" if value is None else str(value) for value in _plain(pa, array)]
    if types.is_decimal(kind):
        return ["" if value is None else _decimal(value) for value in array.to_pylist()]
    if types.is_string(kind) or types.is_large_string(kind) or _is(types, "string_view", kind):
        return _decoded(_bytes(pa, array, kind), bad)
    if any(_is(types, name, kind) for name in ("binary", "large_binary", "fixed_size_binary", "binary_view")):
        return _decoded(array.to_pylist(), bad)
    if types.is_temporal(kind):
        return _times(pa, array, bad)
    return _as_python(pa, array, bad)


def _is(types: Any, name: str, kind: Any) -> bool:
    """Whether an array is of a type that older versions of pyarrow have no name for."""
    told = getattr(types, f"is_{name}", None)
    return told is not None and bool(told(kind))


def _plain(pa: Any, array: Any) -> list[Any]:
    # Half floats are objects of numpy in some versions.
    return list((array.cast(pa.float32()) if pa.types.is_float16(array.type) else array).to_pylist())


def _decimal(value: decimal.Decimal) -> str:
    return format(value, "f")


def _of_dictionary(array: Any, bad: Bad) -> list[str]:
    indices = array.indices.to_pylist()
    wrong: dict[int, str] = {}
    values = cell_texts(array.dictionary, wrong.__setitem__)
    if wrong:
        for number, index in enumerate(indices):
            if index in wrong:
                bad(number, wrong[index])
    return ["" if index is None else values[index] for index in indices]


def _bytes(pa: Any, array: Any, kind: Any) -> list[bytes | None]:
    """Texts as they are in the file, which may be no UTF-8."""
    large = pa.types.is_large_string(kind)
    if not (large or pa.types.is_string(kind)):
        array = array.cast(pa.large_string())
        large = True
    return list(array.view(pa.large_binary() if large else pa.binary()).to_pylist())


def _decoded(cells: Iterable[bytes | None], bad: Bad) -> list[str]:
    texts = []
    for number, cell in enumerate(cells):
        try:
            texts.append("" if cell is None else cell.decode("utf-8"))
        except UnicodeDecodeError as fault:
            bad(number, f"byte 0x{fault.object[fault.start]:02x} is not UTF-8")
            texts.append(fault.object.decode("utf-8", "replace"))
    return texts


def _times(pa: Any, array: Any, bad: Bad) -> list[str]:
    kind = array.type
    if pa.types.is_duration(kind):
        return ["" if value is None else str(value) for value in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        array = array.cast(pa.timestamp(kind.unit))  # the instant is one of UTC, whatever the zone is called
    try:
        return ["" if text is None else text for text in array.cast(pa.string()).to_pylist()]
    except pa.ArrowException:
        return _as_python(pa, array, bad)


def _as_python(pa: Any, array: Any, bad: Bad) -> list[str]:
    texts = []
    for number, cell in enumerate(array):
        try:
            value = cell.as_py()
            texts.append("" if value is None else str(value))
        except (pa.ArrowException, ArithmeticError, ValueError, TypeError, NotImplementedError) as fault:
            why = (str(fault).splitlines() or [type(fault).__name__])[0][:100]
            bad(number, f"a {array.type} that has no text ({why})")
            texts.append("")
    return texts
