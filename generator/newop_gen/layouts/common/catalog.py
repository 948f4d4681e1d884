"""The collectors' catalog: which family each perf table belongs to. Upstream's check of its data wants every family
of the data tree in there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...checkout.source import Source
from ...checkout.tree import Tree
from ...edits.lines import lines_at
from ...plan import Skip
from ...problems import Place
from .settle import Draft, StepDraft, settled

CATALOGS = ("collector/op_backend_catalog.yaml", "python/aisimulate/collector/op_backend_catalog.yaml")
"""Where it is, below the checkout's root."""
CHECK = "Upstream's data check (tools/perf_database/check_collector_data.py, rule R4) wants the family in"

_HEAD = re.compile(rb"^families:[ \t]*\r?\n", re.MULTILINE)
_OTHER = re.compile(rb"^[^\s#-]", re.MULTILINE)  # a key beside `families`
_FAMILY = re.compile(rb"^  - family: (\S+)[ \t]*\r?$", re.MULTILINE)


def list_family(step: StepDraft, tree: Tree, family: str, stems: Iterable[str]) -> None:
    """Put a family of tables into the catalog; a checkout that has none is told what upstream wants of it."""
    source = next((found for path in CATALOGS if (found := tree.source(path)) is not None), None)
    if source is None:
        step.notes.append(f"{CHECK} {CATALOGS[0]}, with the collector that measures it: this checkout has none.")
        return
    head = _HEAD.search(source.data)
    if head is None:
        step.skips.append(Skip(f"the family in {source.path}", "it has no list `families`"))
        return
    stems = sorted(stems)
    files = f"    op_files: [{stems[0]}]\n" if len(stems) == 1 else "    op_files:\n"
    if len(stems) > 1:
        files += "".join(f"      - {stem}\n" for stem in stems)
    at = _end(source, head.end())
    insertion = settled(source, lines_at(source, at, f"\n  - family: {family}\n{files}"))
    taken = next((m.start() for m in _FAMILY.finditer(source.data) if m[1].decode() == family), None)
    place = None if taken is None else Place(source.path, source.line_of(taken))
    step.drafts.append(Draft(insertion, place, f"the family {family}", telling=False))
    step.notes.append(f"{CHECK} {source.path}: it is put in, without a collector, which is yours to add.")


def _end(source: Source, start: int) -> int:
    """Behind the last line of the list that begins at `start`: comments and empty lines below it stay where they
    are."""
    other = _OTHER.search(source.data, start)
    last = source.line_of((other.start() if other else len(source.data)) - 1)
    while not source.line(last).strip() or source.line(last).lstrip().startswith(b"#"):
        last -= 1
    return source.line_end(last)
