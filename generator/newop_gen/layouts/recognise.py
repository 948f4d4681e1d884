"""Which layout a tree has, or why none fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..problems import CheckoutRefused, Place, Problem

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from . import Detection, Layout


def layout_of(tree: Tree) -> Layout:
    """The tree's layout; raises `CheckoutRefused` that says what the nearest one misses."""
    from . import detect

    detection = detect(tree, everything=False)
    if detection.layout is None:
        raise CheckoutRefused(unsupported(detection, str(tree.root)))
    return detection.layout


def unsupported(detection: Detection, root: str) -> list[Problem]:
    """Why no layout fits: a summary, then every required probe that fails for the layout that comes nearest."""
    names = list(detection.probes)
    near = nearest(detection)
    problems = [
        Problem(
            Place(root),
            "the code is arranged in a way that newop-gen doesn't support",
            f"one of the layouts {', '.join(names)}",
            f"{near} comes nearest; `newop-gen detect --checkout DIR` shows all that was asked",
            "layout-unknown",
        )
    ]
    for probe in detection.missing(near):
        found = f"{probe.asks} No" + (f": {probe.detail}" if probe.detail else "")
        problems.append(Problem(probe.where or Place(root), found, f"yes, for layout {near}", "", "layout-probe"))
    return problems


def nearest(detection: Detection) -> str:
    """The layout with the fewest required probes that fail. Of equals the newer one, which asks for what it needs where
    the older asks that it be not there."""
    return min(reversed(detection.probes), key=lambda name: len(detection.missing(name)))
