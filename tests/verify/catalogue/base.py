"""What a mistake is: text put in the place of other text, in a function, class or file of a checkout.

Nothing here knows how verification works. `right` are the codes of the causes that a person who knows of the mistake
would accept, as docs/verify.md has them.
"""

from __future__ import annotations

from dataclasses import dataclass

# (file below sdk/, where, text, other text). Where is the name of a function or class, or nothing for the whole file;
# `Name @ line` is that definition from the line on, and then the first such text is meant.
Edit = tuple[str, str, str, str]

DB, OPS, MODELS, COMMON = "perf_database.py", "operations.py", "models.py", "common.py"

FLAT = ("0.6.0", "0.7.0", "0.8.0")  # one file each for loaders and queries, ops, models
WRAPPED = ("0.7.0", "0.8.0")
HELPER = ("0.8.0",)
OWNED = ("0.10.0",)  # a module per op


@dataclass(frozen=True)
class Mistake:
    """One mistake in the integration of `spec`, and the causes that name it."""

    name: str
    words: str
    spec: str
    edits: tuple[Edit, ...]
    right: tuple[str, ...]
    releases: tuple[str, ...] = FLAT


def one(name: str, words: str, spec: str, edit: Edit, *right: str, releases: tuple[str, ...] = FLAT) -> Mistake:
    """A mistake that is made in one place."""
    return Mistake(name, words, spec, (edit,), right, releases)
