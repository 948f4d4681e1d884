"""Specs in a directory, and what may have been meant by a path at which there is none."""

from __future__ import annotations

import itertools
from pathlib import Path

from ..problems import Place, Problem, SpecError, did_you_mean, near_names

# Entries of a directory that are looked at.
LOOKED_AT = 1000
# Bytes of a file that tell a spec.
HEAD_BYTES = 4096
SPECS = (".yaml", ".yml")
TABLES = (".csv", ".parquet")
# A table's first line has at least so many separators.
FEWEST = 2


def specs_in(directory: Path) -> list[str]:
    """Names of YAML files in the directory that begin as a spec does. Nothing is parsed."""
    try:
        entries = sorted(itertools.islice(directory.iterdir(), LOOKED_AT))
    except OSError:
        return []
    return [path.name for path in entries if path.suffix in SPECS and path.is_file() and _begins_as_one(path)]


def _begins_as_one(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    return any(line.startswith(b"newop:") for line in head.splitlines())


def near_file(path: Path) -> str:
    """A suggestion of specs in the directory of a path that is not there; "" without any."""
    folder = path.parent
    try:
        entries = sorted(entry.name for entry in itertools.islice(folder.iterdir(), LOOKED_AT))
    except FileNotFoundError:
        return f"there is no directory {str(folder)!r}"
    except OSError:
        return ""
    # By stem: `.yaml` and `.yml` would make any two names alike.
    stems: dict[str, list[str]] = {}
    for name in entries:
        if name.lower().endswith(SPECS):
            stems.setdefault(Path(name).stem, []).append(name)
    stem = path.stem if path.name.lower().endswith((*SPECS, *TABLES)) else path.name
    return did_you_mean(str(folder / name) for near in near_names(stem, stems) for name in stems[near])


def refuse_table(path: Path, raw: bytes) -> None:
    """Raise `SpecError` for the bytes of a perf table, which YAML would take for a strange text."""
    first = raw[:4096].lstrip().split(b"\n", 1)[0]
    written = first.count(b",") >= FEWEST and b":" not in first and first[:1] not in (b"#", b"[", b"{", b"-")
    named = path.suffix.lower() in TABLES and b"newop:" not in raw
    if written or named or raw.startswith(b"PAR1"):
        raise SpecError(
            Problem(
                Place(str(path)),
                "this is a table, not a spec",
                "an op spec in YAML",
                f"`newop-gen init --from-csv {path}` begins a spec from it",
                "table",
            )
        )
