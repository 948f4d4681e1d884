"""Messages: problems and remarks to standard error, results to standard output, nothing that acts on the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from ..problems import Problem
from ..review.text import printable


def complain(problems: Iterable[Problem], kind: str = "error") -> None:
    """Print each problem to standard error, one after the other; further lines of a message are indented."""
    for problem in problems:
        error_line(str(problem), kind)


def error_line(text: str, kind: str = "error") -> None:
    """One message to standard error, "error: ..."."""
    click.echo(f"{kind}: {_clean(text)}", err=True)


def remark(text: str) -> None:
    """A line for people to standard error, where it is in nobody's way."""
    click.echo(_clean(text), err=True)


def say(text: str) -> None:
    """A line of the result to standard output."""
    click.echo(_clean(text))


def emit_json(data: dict[str, Any]) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=True))


def print_bytes(data: bytes) -> None:
    """A result that is not text: a patch holds the bytes of files, whatever their encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def counted(number: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _clean(text: str) -> str:
    return printable(text.rstrip("\n"), keep="\n\t").replace("\n", "\n    ")
