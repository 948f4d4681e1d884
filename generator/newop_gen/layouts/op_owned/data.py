"""The perf tables that a spec names, as this family of layouts files them.

Where tables are filed by family, an op's tables go into a family of the op's own name, with the sidecar that says
what is in the directory.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ...checkout.tree import Tree
from ...model.op import Op
from ...plan import Creation, Skip
from ...problems import CheckoutRefused, Place, Problem, SpecError, spec_place
from ...render import fragment
from ...spec.model import DataFile
from ..common.data_files import MAX_DATA_BYTES, new_file, version_key
from ..common.parquet import same_table, to_parquet
from ..common.settle import Draft, StepDraft
from .facts import OpOwnedFacts

# Directories beside the families: backends of the older filing, and tables that belong to no backend.
NOT_FAMILIES = frozenset({"trtllm", "sglang", "vllm", "nccl", "oneccl"})
INCOMPLETE = "INCOMPLETE.txt"


def plan_owned_data(op: Op, spec_path: Path, tree: Tree, facts: OpOwnedFacts) -> StepDraft:
    """Raises `SpecError` for a file that can't be read, `CheckoutRefused` for a directory that the tree lacks."""
    step = StepDraft(op.name, "data", "Perf data files")
    problems: list[Problem] = []
    sidecars: dict[str, list[str]] = {}
    for number, entry in enumerate(op.spec.data):
        found, why = find_directory(op, tree, facts, entry)
        if found is None:
            if entry.optional:
                step.skips.append(Skip(f"{entry.file} for {entry.system}/{entry.backend}", why))
            else:
                expected = "a directory that the checkout has"
                problems.append(
                    Problem(
                        spec_place(op.name, ("data", number)),
                        why,
                        expected,
                        "or mark it `optional: true`",
                        "no-data-dir",
                    )
                )
            continue
        table = op.table_of(entry.phase)
        step.drafts.append(_table(tree, f"{found}/{table.stem}{facts.suffix}", spec_path, entry))
        sidecars.setdefault(found, []).append(table.stem)
    if problems:
        raise CheckoutRefused(problems)
    if facts.family_first:
        for folder, stems in sidecars.items():
            backend, version = folder.split("/")[-2:]
            view = {"op": op, "backend": backend, "version": version, "stems": stems}
            text = fragment(facts.templates, "collection_meta.yaml.j2", **view)
            step.drafts.append(new_file(tree, f"{folder}/collection_meta.yaml", text.encode("utf-8")))
        if sidecars:
            step.notes.append(
                f"The tables are a family {op.name!r} of their own: the SDK finds them there. Upstream's data check "
                "(tools/perf_database/check_collector_data.py, rule R4) also wants the family in "
                "collector/op_backend_catalog.yaml, with the collector that measures it."
            )
    return step


def _table(tree: Tree, path: str, spec_path: Path, entry: DataFile) -> Draft:
    place = Place(str(spec_path.parent / entry.file))
    content = _read(spec_path.parent / entry.file, place)
    if path.endswith(".parquet") and not entry.file.endswith(".parquet"):
        content = to_parquet(content, place)
        before = tree.content(path)
        if before is not None and before != content and same_table(before, content, place):
            return Draft(Creation(path, before, data=True, done=True))
    return new_file(tree, path, content, data=True)


def _read(path: Path, place: Place) -> bytes:
    try:
        if path.stat().st_size > MAX_DATA_BYTES:
            raise SpecError(Problem(place, "the data file is larger than 64 MiB", "a smaller table", "", "data-size"))
        return path.read_bytes()
    except OSError as error:
        why = f"the data file can't be read ({error.strerror})"
        raise SpecError(Problem(place, why, "a file next to the spec", "", "data-missing")) from None


def find_directory(op: Op, tree: Tree, facts: OpOwnedFacts, entry: DataFile) -> tuple[str | None, str]:
    """(directory for the entry's tables, "") or (None, why there is none). With families it need not be there yet."""
    system = f"{facts.systems}/{entry.system}.yaml"
    if not (tree.root / system).is_file():
        known = [n[:-5] for n in tree.listdir(facts.systems) if n.endswith(".yaml")]
        return None, f"no system {entry.system!r} ({facts.systems} has {', '.join(known) or 'none'})"
    text = (tree.root / system).read_text(encoding="utf-8")
    said = re.search(r"^data_dir:\s*([A-Za-z0-9_./-]+)", text, re.MULTILINE)
    root = f"{facts.systems}/{said.group(1) if said else f'data/{entry.system}'}"
    versions = _versions(tree, root, facts, entry.backend)
    place: Callable[[str], str] = (
        (lambda version: f"{root}/{op.name}/{entry.backend}/{version}")
        if facts.family_first
        else (lambda version: f"{root}/{entry.backend}/{version}")
    )
    for version in [entry.version] if isinstance(entry.version, str) else entry.version:
        if version == "newest" and versions:
            return place(max(versions, key=version_key)), ""
        if version in versions:
            return place(version), ""
    wanted = entry.version if isinstance(entry.version, str) else " or ".join(entry.version)
    return None, f"no version {wanted} of {entry.backend} in {root} (it has {', '.join(sorted(versions)) or 'none'})"


def _versions(tree: Tree, root: str, facts: OpOwnedFacts, backend: str) -> set[str]:
    """Versions of a backend that have tables, without those that are marked incomplete."""
    folders = [f"{root}/{backend}"]
    if facts.family_first:
        folders += [f"{root}/{n}/{backend}" for n in tree.listdir(root) if n not in NOT_FAMILIES]
    found = {(folder, v) for folder in folders for v in tree.listdir(folder) if tree.is_dir(f"{folder}/{v}")}
    return {v for folder, v in found if not tree.exists(f"{folder}/{v}/{INCOMPLETE}")}
