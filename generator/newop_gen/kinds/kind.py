"""The kinds, and the rule of each."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


class Unsound(Exception):
    """Why bytes are not of a kind, with the place where that was seen: line and column from 1, 0 when unknown."""

    def __init__(self, words: str, line: int = 0, column: int = 0) -> None:
        super().__init__(words)
        self.line, self.column = line, column


@dataclass(frozen=True)
class Kind:
    """`check` raises `Unsound`; `fails` says of a file what it would not do then, `valid` what was expected. `holds` is
    what such files of a checkout are: the code of ops, tables of measurements, or what people write."""

    suffixes: tuple[str, ...]
    holds: Literal["code", "tables", "text"]
    valid: str
    fails: str
    check: Callable[[bytes], None]

    def unsound(self, data: bytes) -> Unsound | None:
        """What keeps bytes from being of this kind, None when nothing does."""
        try:
            self.check(data)
        except Unsound as why:
            return why
        return None


def kind_of(path: str) -> Kind | None:
    """The kind of a file; None of a suffix that no kind has."""
    return next((kind for kind in KINDS if path.endswith(kind.suffixes)), None)


def is_code(path: str) -> bool:
    return (kind := kind_of(path)) is not None and kind.holds == "code"


def is_table(path: str) -> bool:
    return (kind := kind_of(path)) is not None and kind.holds == "tables"


def _python(data: bytes) -> None:
    """Asks the compiler: a syntax tree can be read of more than can be compiled."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the user's own invalid escapes are no business of ours
            compile(data, "<planned>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        words = getattr(error, "msg", None) or str(error)
        raise Unsound(words, getattr(error, "lineno", 0) or 0, getattr(error, "offset", 0) or 0) from None


def _rust(data: bytes) -> None:
    from .rust import first_fault, parse  # tree-sitter is loaded where there is a Rust file

    _text(data)
    fault = first_fault(parse(data))
    if fault is not None:
        raise Unsound(*fault)


def _yaml(data: bytes) -> None:
    """Composes all documents. Making values of them would say no more about their form."""
    import yaml

    try:
        for _ in yaml.compose_all(data, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else ()
        raise Unsound(error.problem or str(error), *place) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unsound(str(error).splitlines()[0]) from None


def _text(data: bytes) -> None:
    """Text has no form but its encoding."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unsound(f"the byte 0x{data[error.start]:02x} is no UTF-8", line) from None
    if b"\0" in data:
        raise Unsound("a NUL character", data.count(b"\n", 0, data.index(b"\0")) + 1)


def _parquet(data: bytes) -> None:
    """A parquet file begins and ends with its name; its rows are read where a table is checked."""
    if len(data) < 12 or data[:4] != b"PAR1" or data[-4:] != b"PAR1":
        raise Unsound("it does not begin and end with PAR1")


KINDS = (
    Kind((".py", ".pyi"), "code", "valid Python", "compile", _python),
    Kind((".rs",), "code", "valid Rust", "parse", _rust),
    Kind((".yaml", ".yml"), "text", "valid YAML", "parse", _yaml),
    Kind((".md",), "text", "text in UTF-8", "be text", _text),
    Kind((".csv", ".txt"), "tables", "text in UTF-8", "be text", _text),
    Kind((".parquet",), "tables", "a parquet file", "be parquet", _parquet),
)
