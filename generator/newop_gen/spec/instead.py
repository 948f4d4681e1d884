"""What may have been meant by a path at which there is no spec."""

from __future__ import annotations

import itertools
from pathlib import Path

from ..problems import Place, Problem, SpecError, did_you_mean, near_names

# Entries of a directory that are looked at.
LOOKED_AT = 1000
SPECS = (".yaml", ".yml")
TABLES = (".csv", ".parquet")
# A table's first line has at least so many separators.
FEWEST = 2


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
