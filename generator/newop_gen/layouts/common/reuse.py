"""The manifest of kernel sources: of which backends' tables the SDK may fill another backend's or version's.

Upstream makes it anew with a script when a table is added; a table that it does not name is filled from nowhere. The
entries of an op's own tables depend on no other table. So they are put in as the script would write them, which leaves
those of all others as they are. Source of the rules: `generate_perf_data_reuse_manifest.py` (`audit_kernel_source.py`
up to 0.11).
"""

from __future__ import annotations

import csv
import io
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from ...checkout.source import Source
from ...checkout.tree import Tree
from ...edits.lines import lines_at
from ...plan import Creation, Skip
from ...problems import Place
from ...tables.convert import to_csv
from .settle import Draft, StepDraft, settled

MANIFESTS = ("perf_data_reuse_manifest.yaml", "op_kernel_source_manifest.yaml")
"""By release, the newest first; in the folder of the systems."""

# Columns that tell no shape from another.
META = frozenset({"framework", "version", "device", "op_name", "kernel_source"})
LATENCIES = (
    ("latency",),
    ("avg_ms",),
    ("dispatch_avg_t_us", "combine_avg_t_us"),
    ("dispatch_transmit_us", "dispatch_notify_us", "combine_transmit_us", "combine_notify_us"),
)
"""Columns that are a table's latency, or add up to it; the first that a table has count."""
SAME = 1e-9
"""Latencies of one framework's versions that differ by less are one measurement."""

_ENTRY = re.compile(rb"^  - op_file: (\S+)\r?\n    kernel_source: '([^'\r\n]*)'\r?\n", re.MULTILINE)
_HEAD = re.compile(rb"^groups:[ \t]*\r?\n", re.MULTILINE)
_SCRIPT = re.compile(rb"^#\s+python3 (\S+)", re.MULTILINE)
_SOURCE = re.compile(r"[ -&(-\[\]-~]+")  # what stands between single quotes as it is
_NAME = re.compile(r"[A-Za-z0-9_.+-]+")


class Filed(NamedTuple):
    """A table with where it is filed: its system, backend and version, and the name of its file."""

    system: str
    backend: str
    version: str
    name: str
    content: bytes


class Measured(NamedTuple):
    """A row that counts."""

    framework: str
    version: str
    shape: tuple[str, ...]
    latency: float


@dataclass
class Group:
    """The rows of one file name and kernel source, by system."""

    name: str
    source: str
    rows: dict[str, list[Measured]] = field(default_factory=lambda: defaultdict(list))

    @property
    def frameworks(self) -> list[str]:
        return sorted({row.framework for rows in self.rows.values() for row in rows})

    @property
    def text(self) -> str:
        lines = [
            f"  - op_file: {self.name}",
            f"    kernel_source: '{self.source}'",
            f"    tier: {'shared_fallback' if self.source == 'default' else 'shared'}",
            f"    systems: [{', '.join(sorted(self.rows))}]",
            f"    frameworks: [{', '.join(self.frameworks)}]",
            f"    total_raw_rows: {sum(map(len, self.rows.values()))}",
            f"    within_framework_dedup_rows: {sum(_repeated(rows) for rows in self.rows.values())}",
        ]
        medians = [median for rows in self.rows.values() if (median := _divergence(rows)) is not None]
        if medians:
            lines.append(f"    median_pct_divergence: {statistics.median(medians):.2f}")
        return "\n".join(lines) + "\n"

    @property
    def plain(self) -> bool:
        """Whether all its names stand in YAML as they are."""
        names = [*self.rows, *self.frameworks]
        return _SOURCE.fullmatch(self.source) is not None and all(_NAME.fullmatch(name) for name in names)


def list_reuse(step: StepDraft, tree: Tree, systems: str, place: Place) -> None:
    """Put the entries of the tables that a step files into the manifest, where the tree has one."""
    path = next((p for name in MANIFESTS if tree.exists(p := f"{systems}/{name}")), None)
    source = tree.source(path) if path is not None else None
    if source is None:
        return
    planned = [_filed(d.edit.path, d.edit.content) for d in step.drafts if isinstance(d.edit, Creation) and d.edit.data]
    if not planned:
        return
    found = _SCRIPT.search(source.data)
    script = found[1].decode() if found else "upstream's script"
    groups = _groups([*planned, *_beside(planned, tree, systems)], place)
    if _HEAD.search(source.data) is None or not all(group.plain for group in groups):
        why = "its form, or a name in the tables, is not the one that upstream's script writes"
        step.skips.append(Skip(f"entries in {source.path}", f"{why}: run {script}"))
        return
    there = {(m[1].decode(), m[2].decode()): m for m in _ENTRY.finditer(source.data)}
    for group in groups:
        step.drafts.append(_entry(group, source, there))
    if groups:
        step.notes.append(
            f"{source.path} says of which backends' tables the SDK may fill another's. Its entries for this op are put "
            f"in as {script} would write them, which makes the whole file anew."
        )


def _entry(group: Group, source: Source, there: dict[tuple[str, str], re.Match[bytes]]) -> Draft:
    """The entry at its sorted place."""
    key = (group.name, group.source)
    later = [m.start() for other, m in there.items() if other > key]
    made = lines_at(source, min(later, default=len(source.data)), group.text)
    insertion = settled(source, replace(made, sort="\0".join(key)))
    taken = source.line_of(there[key].start()) if key in there else None
    place = None if taken is None else Place(source.path, taken)
    return Draft(insertion, place, f"the entry of {group.name} and {group.source}", telling=False)


def _filed(path: str, content: bytes) -> Filed:
    """A table by its path: `data/<system>[/<family>]/<backend>/<version>/<name>`."""
    below = path.split("/data/", 1)[-1].split("/")
    return Filed(below[0], below[-3], below[-2], below[-1], content)


def _beside(planned: Iterable[Filed], tree: Tree, systems: str) -> Iterator[Filed]:
    """Tables of these names that the tree has already, in any system."""
    known = {(t.system, t.backend, t.version, t.name) for t in planned}
    names = {t.name for t in planned}
    for path in _tables(tree, f"{systems}/data", names, 5):
        content = tree.content(path)
        if content is not None and _filed(path, b"")[:4] not in known:
            yield _filed(path, content)


def _tables(tree: Tree, folder: str, names: set[str], deep: int) -> Iterator[str]:
    """Paths of files of these names, at most so many directories down."""
    for name in tree.listdir(folder):
        path = f"{folder}/{name}"
        if name in names:
            yield path
        elif deep > 1 and tree.is_dir(path):
            yield from _tables(tree, path, names, deep - 1)


def _groups(tables: Iterable[Filed], place: Place) -> list[Group]:
    """By file name and kernel source, sorted as in the manifest."""
    groups: dict[tuple[str, str], Group] = {}
    for table in tables:
        for kernel_source, row in _rows(table, place):
            key = (table.name, kernel_source)
            groups.setdefault(key, Group(*key)).rows[table.system].append(row)
    return [groups[key] for key in sorted(groups)]


def _rows(table: Filed, place: Place) -> Iterator[tuple[str, Measured]]:
    """The rows that count, with their kernel source: those that name one and have a latency."""
    content = to_csv(table.content, Path(place.file)) if table.name.endswith(".parquet") else table.content
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    header = list(reader.fieldnames or ())
    latencies = next((columns for columns in LATENCIES if set(columns) <= set(header)), None)
    if latencies is None:
        return
    shape = [name for name in header if name not in META and name not in latencies]
    for row in reader:
        source = (row.get("kernel_source") or "").strip()
        latency = _latency(row, latencies)
        if source and source != "<unknown>" and latency is not None and latency > 0:
            framework = (row.get("framework") or table.backend).lower()
            version = row.get("version") or table.version
            yield source, Measured(framework, version, tuple(row.get(name) or "" for name in shape), latency)


def _latency(row: dict[str, str], columns: tuple[str, ...]) -> float | None:
    try:
        return sum(float(row[column]) for column in columns)
    except (TypeError, ValueError):
        return None


def _repeated(rows: Iterable[Measured]) -> int:
    """Rows of one shape and framework that another version measured the same."""
    by_shape: dict[tuple[tuple[str, ...], str], dict[str, float]] = defaultdict(dict)
    for row in rows:
        by_shape[row.shape, row.framework][row.version] = row.latency
    count = 0
    for latencies in by_shape.values():
        seen: list[float] = []
        for latency in latencies.values():
            if any(abs(latency - other) < SAME for other in seen):
                count += 1
            else:
                seen.append(latency)
    return count


def _divergence(rows: Iterable[Measured]) -> float | None:
    """The median spread between frameworks that measured the same shape, in percent; None where none did."""
    by_shape: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for row in rows:
        by_shape[row.shape][row.framework] = row.latency
    spreads = []
    for latencies in by_shape.values():
        values = list(latencies.values())
        if len(values) > 1:
            spreads.append((max(values) - min(values)) / (sum(values) / len(values)) * 100.0)
    return statistics.median(spreads) if spreads else None
