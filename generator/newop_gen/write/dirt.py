"""Whether a target is safe to edit as git sees it: committed, or different only by what this tool put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..problems import CheckoutRefused, Problem
from . import git
from .errors import refused
from .locate import strip
from .receipts import OpReceipt
from .state import Home


def check_git(
    home: Home, files: Mapping[str, bytes | None], receipts: Sequence[OpReceipt], *, allow_dirty: bool
) -> None:
    """Refuse a repository in the middle of something, and targets with changes that are in no commit.

    `files` maps base-relative paths to the bytes that they hold, None for one that is to be created. Files that are
    not targets are nobody's business. Where git tracks none of the targets (an installed package inside somebody's
    repository), there is nothing to compare with. Raises `CheckoutRefused` with every file.
    """
    repository = home.repository
    if repository is None:
        return
    busy = repository.under_way()
    if busy:
        raise refused(
            str(home.base),
            f"git is in the middle of {busy}",
            "a finished state",
            "finish or abort it, then run again",
            "git-busy",
        )
    entries = repository.entries(list(files))
    problems: list[Problem] = []
    there = [entries[path] for path, data in files.items() if data is not None]
    tracked = any(e.head or e.index for e in there)
    if not any(e.head for e in there) and not repository.has_commits():
        tracked = False  # nothing is committed yet at all
    filters: dict[str, str] | None = None
    for path, data in files.items():
        entry = entries[path]
        if data is None:
            if entry.head or entry.index:
                problems += refused(
                    home.shown(path),
                    "git has a file of this name, though it is not here",
                    "a free name",
                    "restore it or commit its removal",
                    "exists",
                ).problems
            continue
        if allow_dirty or not tracked or _plain(data, entry):
            continue
        if filters is None:
            filters = repository.filters(list(files))
        found = _dirt(repository, data, entry, filters.get(path), [r for r in receipts if path in r.files], path)
        if found:
            problems += refused(
                home.shown(path),
                found,
                "a committed file",
                "with --allow-dirty your lines stay as they are, and remove leaves them alone; or commit them first",
                "dirty",
            ).problems
    if problems:
        raise CheckoutRefused(problems)


def _plain(data: bytes, entry: git.Entry) -> bool:
    return entry.head is not None and entry.head == entry.index == git.blob_id(data, entry.head)


def _dirt(
    repository: git.Repository,
    data: bytes,
    entry: git.Entry,
    filtered: str | None,
    receipts: Sequence[OpReceipt],
    path: str,
) -> str | None:
    """What is dirty about a file, None when nothing is."""
    if entry.index is None:
        return "git has removed this file from its index" if entry.head else "this file is not tracked by git"
    if filtered and filtered != "filter=lfs":
        return (
            f"its stored form differs ({filtered}), so whether it has changes can't be told without running that filter"
        )
    as_staged = any(git.blob_id(form, entry.index) == entry.index for form in git.stored_forms(data, filtered))
    if as_staged and entry.head == entry.index:
        return None
    if entry.head is None:
        return "this file is in no commit yet"
    if receipts:
        # What differs may be this tool's own: all three without every recorded insertion must be one.
        blobs = (data, repository.blob(entry.index), repository.blob(entry.head))
        now, index, head = (_without(blob, receipts, path) for blob in blobs)
        if index == head and index in git.stored_forms(now, filtered):
            return None
    return "this file has changes that are not committed"


def _without(data: bytes, receipts: Sequence[OpReceipt], path: str) -> bytes:
    for receipt in receipts:
        for file in receipt.edited:
            if file.path == path:
                data = strip(data, file)
    return data
