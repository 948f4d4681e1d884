"""Step 5 of the guide: the perf tables that a spec names, put where the layout looks for them."""

from __future__ import annotations

import re
from pathlib import Path

from ...checkout.tree import Tree
from ...model.op import Op
from ...plan import Creation, Skip
from ...problems import CheckoutRefused, Place, Problem, SpecError, spec_place
from ...spec.model import DataFile
from ..python.facts import DatabaseFacts
from .parquet import to_csv
from .settle import Draft, StepDraft

MAX_DATA_BYTES = 64 * 1024 * 1024


def plan_data(op: Op, spec_path: Path, tree: Tree, facts: DatabaseFacts) -> StepDraft:
    """Raises `SpecError` for a file that is not there, `CheckoutRefused` for a directory that the tree lacks."""
    step = StepDraft(op.name, "data", "Perf data files")
    missing: list[Problem] = []
    for number, entry in enumerate(op.spec.data):
        place = spec_place(op.name, ("data", number))
        folder, why = find_version(tree, facts.systems, entry)
        if folder is None:
            if entry.optional:
                step.skips.append(Skip(f"{entry.file} for {entry.system}/{entry.backend}", why))
            else:
                missing.append(
                    Problem(
                        place, why, "a directory that the checkout has", "or mark it `optional: true`", "no-data-dir"
                    )
                )
            continue
        table = op.table_of(entry.phase)
        content = _read(spec_path.parent / entry.file, entry, place)
        path = f"{folder}/{table.stem}{facts.suffix}"
        if entry.file.endswith(".parquet") and not path.endswith(".parquet"):
            content = to_csv(content, Place(str(spec_path.parent / entry.file)))
        step.drafts.append(new_file(tree, path, content, data=True))
    if missing:
        raise CheckoutRefused(missing)
    return step


def new_file(tree: Tree, path: str, content: bytes, *, data: bool = False) -> Draft:
    """A file to create: done when it is there with these bytes, in the way when it is there with others."""
    if tree.exists(path) or (tree.root / path).is_symlink():
        same = tree.content(path) == content
        return Draft(Creation(path, content, data=data, done=same), None if same else Place(path), path)
    return Draft(Creation(path, content, data=data))


def _read(path: Path, entry: DataFile, place: Place) -> bytes:
    try:
        if not path.is_file():
            raise FileNotFoundError(path)
        if path.stat().st_size > MAX_DATA_BYTES:
            raise SpecError(Problem(place, f"data file {entry.file} is larger than 64 MiB", "", "", "data-size"))
        return path.read_bytes()
    except OSError:
        raise SpecError(
            Problem(place, f"data file {entry.file} can't be read", "a file next to the spec", "", "data-missing")
        ) from None


def find_version(tree: Tree, systems: str, entry: DataFile) -> tuple[str | None, str]:
    """(directory for the entry's tables, "") or (None, why there is none)."""
    yaml_path = f"{systems}/{entry.system}.yaml"
    source = tree.root / yaml_path
    if not source.is_file():
        known = [n[:-5] for n in tree.listdir(systems) if n.endswith(".yaml")]
        return None, f"no system {entry.system!r} ({systems} has {', '.join(known) or 'none'})"
    found = re.search(r"^data_dir:\s*([A-Za-z0-9_./-]+)", source.read_text(encoding="utf-8"), re.MULTILINE)
    data_dir = found.group(1) if found else f"data/{entry.system}"
    backend = f"{systems}/{data_dir}/{entry.backend}"
    versions = [v for v in tree.listdir(backend) if tree.is_dir(f"{backend}/{v}")]
    wanted = [entry.version] if isinstance(entry.version, str) else list(entry.version)
    for version in wanted:
        if version == "newest" and versions:
            return f"{backend}/{max(versions, key=version_key)}", ""
        if version in versions:
            return f"{backend}/{version}", ""
    return None, f"no version {' or '.join(wanted)} in {backend} (it has {', '.join(versions) or 'none'})"


def version_key(version: str) -> tuple[tuple[int, int | str], ...]:
    """Orders release directories: numbers by value, `rc` before the release, `post` after it."""
    parts = re.findall(r"\d+|[a-z]+", version.lower())
    order = {"rc": -2, "post": 1}
    key: list[tuple[int, int | str]] = []
    for part in parts:
        key.append((0, int(part)) if part.isdigit() else (order.get(part, -1), part))
    return (*key, (-1, ""))
