"""Step 5 of the guide: the perf tables that a spec names, put where the tree files such tables.

Below its system a table is filed by backend and version, or, since 0.11, by a family first. There an op's tables are a
family of the op's own name, with a sidecar that says what is in the directory.
"""

from __future__ import annotations

import re
from pathlib import Path

from ...checkout.tree import Tree
from ...model.op import Op
from ...plan import Creation, Skip, StepKey
from ...problems import CheckoutRefused, Place, Problem, SpecError, spec_place
from ...render import fragment
from ...spec.model import DataFile
from ...tables.convert import in_form, same_table
from ...tables.limits import MAX_BYTES
from ..base import Facts
from .catalog import list_family
from .reuse import list_reuse
from .settle import Draft, StepDraft

# Directories beside the families: backends of the older filing, and tables that belong to no backend.
NOT_FAMILIES = frozenset({"trtllm", "sglang", "vllm", "nccl", "oneccl"})
INCOMPLETE = "INCOMPLETE.txt"


def plan_data(op: Op, spec_path: Path, tree: Tree, facts: Facts, *, by_family: bool = False) -> StepDraft:
    """Raises `SpecError` for a file that can't be read, `CheckoutRefused` for a directory that the tree lacks."""
    step = StepDraft(op.name, StepKey.DATA, "Perf data files")
    missing: list[Problem] = []
    families: dict[str, list[str]] = {}
    for number, entry in enumerate(op.spec.data):
        place = spec_place(op.name, ("data", number))
        folder, why = find_directory(op, tree, facts.systems, entry, by_family=by_family)
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
        stem = op.table_of(entry.phase).stem
        content = _content(spec_path.parent / entry.file, entry, place, parquet=facts.suffix == ".parquet")
        step.drafts.append(_table(tree, f"{folder}/{stem}{facts.suffix}", content))
        families.setdefault(folder, []).append(stem)
    if missing:
        raise CheckoutRefused(missing)
    if families:
        list_reuse(step, tree, facts.systems, spec_place(op.name, ("data",)))
    if by_family and families:
        _describe(step, op, tree, families)
        list_family(step, tree, op.name, {stem for stems in families.values() for stem in stems})
    return step


def _table(tree: Tree, path: str, content: bytes) -> Draft:
    """A table to create; done when there is the same one, which another version of pyarrow writes with other bytes."""
    if path.endswith(".parquet"):
        before = tree.content(path)
        if before is not None and before != content and same_table(before, content):
            return Draft(Creation(path, before, data=True, done=True))
    return new_file(tree, path, content, data=True)


def _describe(step: StepDraft, op: Op, tree: Tree, families: dict[str, list[str]]) -> None:
    """What a directory of a family has beside its tables: where they come from."""
    for folder, stems in families.items():
        backend, version = folder.split("/")[-2:]
        view = {"op": op, "backend": backend, "version": version, "stems": stems}
        text = fragment((), "collection_meta.yaml.j2", **view)
        step.drafts.append(new_file(tree, f"{folder}/collection_meta.yaml", text.encode("utf-8")))
    step.notes.append(f"The tables are a family {op.name!r} of their own: the SDK finds them there.")


def new_file(tree: Tree, path: str, content: bytes, *, data: bool = False) -> Draft:
    """A file to create: done when it is there with these bytes, in the way when it is there with others."""
    if tree.exists(path) or (tree.root / path).is_symlink():
        same = tree.content(path) == content
        return Draft(Creation(path, content, data=data, done=same), None if same else Place(path), path)
    return Draft(Creation(path, content, data=data))


def _content(path: Path, entry: DataFile, place: Place, *, parquet: bool) -> bytes:
    """A table in the form that the tree keeps: by what is in the file, whatever it is called."""
    try:
        if not path.is_file():
            raise FileNotFoundError(path)
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(Problem(place, f"data file {entry.file} is larger than 1 GiB", "", "", "data-size"))
        return in_form(path, parquet=parquet)
    except OSError:
        raise SpecError(
            Problem(place, f"data file {entry.file} can't be read", "a file next to the spec", "", "data-missing")
        ) from None


def find_directory(
    op: Op, tree: Tree, systems: str, entry: DataFile, *, by_family: bool = False
) -> tuple[str | None, str]:
    """(directory for the entry's tables, "") or (None, why there is none). That of a family need not be there yet."""
    described = f"{systems}/{entry.system}.yaml"
    if not (tree.root / described).is_file():
        known = [n[:-5] for n in tree.listdir(systems) if n.endswith(".yaml")]
        return None, f"no system {entry.system!r} ({systems} has {', '.join(known) or 'none'})"
    said = re.search(r"^data_dir:\s*([A-Za-z0-9_./-]+)", tree.text(described), re.MULTILINE)
    root = f"{systems}/{said.group(1) if said else f'data/{entry.system}'}"
    folders = [f"{root}/{entry.backend}"]
    if by_family:
        folders += [f"{root}/{name}/{entry.backend}" for name in tree.listdir(root) if name not in NOT_FAMILIES]
    versions = {version for folder in folders for version in _versions(tree, folder)}
    home = f"{root}/{op.name}/{entry.backend}" if by_family else folders[0]
    wanted = [entry.version] if isinstance(entry.version, str) else list(entry.version)
    for version in wanted:
        if version == "newest" and versions:
            return f"{home}/{max(versions, key=version_key)}", ""
        if version in versions:
            return f"{home}/{version}", ""
    has = ", ".join(sorted(versions)) or "none"
    return None, f"no version {' or '.join(wanted)} of {entry.backend} in {root} (it has {has})"


def _versions(tree: Tree, folder: str) -> list[str]:
    """Versions that have tables, without those that are marked incomplete."""
    return [
        version
        for version in tree.listdir(folder)
        if tree.is_dir(f"{folder}/{version}") and not tree.exists(f"{folder}/{version}/{INCOMPLETE}")
    ]


def version_key(version: str) -> tuple[tuple[int, int | str], ...]:
    """Orders release directories: numbers by value, `rc` before the release, `post` after it."""
    parts = re.findall(r"\d+|[a-z]+", version.lower())
    order = {"rc": -2, "post": 1}
    key: list[tuple[int, int | str]] = []
    for part in parts:
        key.append((0, int(part)) if part.isdigit() else (order.get(part, -1), part))
    return (*key, (-1, ""))
