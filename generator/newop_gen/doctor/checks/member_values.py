"""Perf file members of one value: Python makes the second an alias of the first."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Severity
from ..subject import Subject

CODES = {"duplicate-member": "two perf file members have one value, so the second is an alias of the first"}


def find(subject: Subject) -> Iterator[Finding]:
    code = subject.code
    first: dict[str, str] = {}
    for member, node in code.members.items():
        value = code.file_name(member)
        if value is None or code.common is None:
            continue
        if value not in first:
            first[value] = member
            continue
        other = first[value]
        yield Finding(
            "duplicate-member",
            Severity.WRONG,
            code.common.place(node),
            (member, other),
            f"{member} has the value of {other}, {value!r}: it is no member but an alias, and what is registered for "
            f"one of them replaces what is registered for the other",
            f"give {member} a file of its own, or load both phases of that file under {other}",
        )
