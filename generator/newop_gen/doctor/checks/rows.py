"""Rows that a loader loses: those it believes to have, and those that a later one replaces."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..loaders import Loader, Store
from ..subject import Subject

CODES = {
    "lost-rows": "a loader looks a key up to see whether it is new, in a dict that makes it: no row is ever kept",
    "last-row-wins": "of rows that repeat a key, a loader keeps the last",
}


def find(subject: Subject) -> Iterator[Finding]:
    for loader in subject.tables.loaders.values():
        names = (loader.name, *subject.tables.members_of(loader.name))
        for store in loader.stores:
            if _never_reached(loader, store):
                yield _lost(loader, store, names)
            elif _replaces(loader, store):
                yield _replaced(loader, store, names, subject)


def _never_reached(loader: Loader, store: Store) -> bool:
    """The store waits for a KeyError that the innermost dict, which makes missing keys, never raises."""
    return store.guard == "probe" and any(loader.nest_at(chain).makes is not None for chain in store.chains)


def _replaces(loader: Loader, store: Store) -> bool:
    # Gone through backwards, the first row that is met is the last of the file.
    kept_last = (store.guard == "none") != loader.backwards
    # A dict of one source's rows alone, or one that a key of another table leads to, is not what queries read.
    return kept_last and any(chain.root in loader.returned or chain.root not in loader.nests for chain in store.chains)


def _lost(loader: Loader, store: Store, names: tuple[str, ...]) -> Finding:
    assert store.probe is not None
    last = ast.unparse(store.chains[0].keys[-1])
    return Finding(
        "lost-rows",
        Severity.WRONG,
        loader.definition.place(store.node),
        names,
        f"the row is stored when line {store.probe.lineno} raises KeyError, but there the dict that {last} is looked "
        "up in makes what is missing: nothing is stored, and an empty dict stays in the place of each row",
        "make the innermost dict one without a default (`defaultdict()` or `{}`), or ask with `in` before storing",
    )


def _replaced(loader: Loader, store: Store, names: tuple[str, ...], subject: Subject) -> Finding:
    several = subject.code.reads_sources
    return Finding(
        "last-row-wins",
        Severity.WRONG if several else Severity.LATENT,
        loader.definition.place(store.node),
        names,
        "a row replaces an earlier one with its key"
        + (
            ": sources come in the order of their priority, so the row of a sibling version replaces the active one's"
            if several
            else ", unlike in the loaders that keep the first"
        ),
        "keep the first: store only when the key is not there yet",
    )
