"""How specs and names stand to what is recorded of the ops in a checkout: changed since, another op now, never there.

Records are a memory, never an authority: what is told from them is advice, and no run depends on it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .problems import CheckoutRefused, Conflict, NewopError, Place, Problem, did_you_mean, near_names

if TYPE_CHECKING:
    from .checkout.tree import Tree
    from .model.loaded import LoadedOp
    from .plan import Prepared
    from .spec.load import LoadedSpec
    from .write.receipts import OpReceipt
    from .write.state import Home
    from .write.status import OpStatus

# Directories that no op is put into, besides those that tools fill.
SKIPPED = frozenset({"site-packages", "venv"})


def prepare_or_tell(loaded: Sequence[LoadedOp], tree: Tree, checkout: Path) -> Prepared:
    """`prepare`, but where it meets a conflict and a receipt shows that a spec has changed since its op was applied,
    that is what is raised: what the checkout has is what the spec said then, and a guess at hand edits would mislead.
    """
    from .prepare import prepare
    from .write.receipts import read_all
    from .write.state import Home

    try:
        return prepare(loaded, tree)
    except Conflict:
        known = read_all(Home.of(tree.root))
        changed = [spec for spec in loaded if _changed(spec, known)]
        if not changed:
            raise
        problems = [_outdated(spec, checkout) for spec in changed]
        rest = [spec for spec in loaded if spec not in changed]
        try:
            if rest:
                prepare(rest, tree)
        except NewopError as other:
            problems += other.problems
        raise Conflict(problems) from None


def _changed(spec: LoadedSpec, known: Mapping[str, OpReceipt]) -> bool:
    receipt = known.get(spec.spec.op)
    return receipt is not None and receipt.spec_digest not in ("", spec.sha256)


def _outdated(spec: LoadedSpec, checkout: Path) -> Problem:
    return Problem(
        Place(str(spec.path)),
        f"the spec changed since it was applied: run `newop-gen update {spec.path} --checkout {checkout}`",
        code="spec-newer",
    )


def renamed(loaded: Sequence[LoadedSpec], known: Mapping[str, OpReceipt], checkout: Path) -> list[Problem]:
    """Ops that were applied from a spec which names another op now: they are still in the checkout, beside it."""
    now = {spec.spec.op for spec in loaded}
    return [
        Problem(
            Place(str(checkout)),
            names_another(spec.path, spec.spec.op, op),
            suggestion=f"`newop-gen remove {op} --checkout {checkout}` first",
            code="op-renamed",
        )
        for spec in loaded
        for op, receipt in known.items()
        if op not in now and receipt.spec and os.path.realpath(receipt.spec) == os.path.realpath(spec.path)
    ]


def names_another(spec: Path | str, now: str, before: str) -> str:
    """What all commands say of a spec whose `op` was changed."""
    return f"the spec {_shown(spec)} now names {now}; {before}, applied from it, is still there"


def _shown(spec: Path | str) -> str:
    """A spec's path as one would write it here; receipts have it in full."""
    here = os.path.relpath(spec)
    return str(spec) if here.startswith(os.pardir) else here


def renamed_to(op: OpStatus) -> str | None:
    """The op that the spec of an applied op names now, None when it is that op or can't be read."""
    from .problems import SpecError
    from .spec.nodes import Scalar
    from .spec.source import read_source

    if not op.spec_newer:
        return None
    try:
        entries = read_source(Path(op.spec)).root.entries
    except SpecError:
        return None
    named = next((value.text for key, value in entries if key.text == "op" and isinstance(value, Scalar)), op.op)
    return named if named != op.op else None


def spec_of(op: str, known: Mapping[str, OpReceipt], checkout: Path) -> Path:
    """The spec that an op was applied from. Raises `CheckoutRefused` when that is not known, or it is not there."""
    from .spec.instead import specs_in

    receipt = known.get(op)
    if receipt is not None and receipt.spec and Path(receipt.spec).is_file():
        return Path(receipt.spec)
    if receipt is not None:
        where = f"{_shown(receipt.spec)}, which is not there" if receipt.spec else "a spec that is not recorded"
        found, near = f"{op} was applied from {where}", ""
    else:
        found = f"{op!r} is no file, and no op of this name was applied here, as far as is recorded"
        near = did_you_mean([*near_names(op, known), *near_names(op, specs_in(Path()))])
    expected = "the path of the op's spec" + (f", or one of {', '.join(known)}" if known and receipt is None else "")
    raise CheckoutRefused(Problem(Place(str(checkout)), found, expected, near, "no-spec"))


def not_applied(ops: Iterable[str], tree: Tree, home: Home) -> dict[str, str]:
    """Of ops given by name, those that nothing in a checkout speaks of, with a suggestion ("" without any).

    Neither is there a receipt, nor does any file of code have the name. Of an op without a receipt whose name is there
    (a clone) nothing is said: only its spec can tell what was put in. Nor is anything while a run is unfinished.
    """
    from .write.journal import pending
    from .write.receipts import read_all

    if pending(home):
        return {}
    known = read_all(home)
    unknown = [op for op in ops if op not in known]
    if not unknown:
        return {}
    there = _mentioned(tree, unknown, known)
    return {op: did_you_mean(near_names(op, known)) for op in unknown if op not in there}


def _mentioned(tree: Tree, ops: Sequence[str], known: Iterable[str]) -> set[str]:
    """Ops whose name, as generated code has it (`load_NAME_data`), is in a file of code; not as a part of the name of
    another op that is applied."""
    from .checkout.tree import MAX_TARGET_BYTES

    longer = sorted(known, key=len, reverse=True)
    others = re.compile("|".join(map(re.escape, longer)).encode()) if longer else None
    names = {op: re.compile(rf"(?<![A-Za-z0-9]){re.escape(op)}(?![A-Za-z0-9])".encode()) for op in ops}
    found: set[str] = set()
    for file in _code(tree):
        try:
            status = file.stat()
            if not stat.S_ISREG(status.st_mode):
                continue  # a pipe or a device holds no code, and may never end
            if status.st_size > MAX_TARGET_BYTES:
                raise OSError
            data = file.read_bytes()
        except OSError:
            return set(ops)  # what can't be read may have them
        if not any(op.encode() in data for op in ops):
            continue
        data = others.sub(b"\0", data) if others else data
        found |= {op for op, name in names.items() if name.search(data)}
    return found


def _code(tree: Tree) -> Iterator[Path]:
    from .checkout.made import is_made
    from .kinds import is_code

    for folder, inner, files in os.walk(tree.root):
        inner[:] = [name for name in inner if not name.startswith(".") and name not in SKIPPED]
        inner[:] = [name for name in inner if not is_made(Path(folder, name))]
        if Path(folder) == tree.root:
            inner[:] = [name for name in inner if tree.places.may_hold(name)]
        yield from (Path(folder) / name for name in files if is_code(name))
