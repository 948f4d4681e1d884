"""`newop-gen detect`: which layout a checkout has, and by which probes that was decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..problems import CheckoutRefused, Exit
from .output import emit_json, say

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..layouts import Detection, Probe

SCHEMA = "newop-gen/detect/1"

# Failed probes that are listed for a layout that the tree hasn't got.
FEW = 3


@click.command("detect", short_help="Say which layout a checkout has, and why.")
@click.option(
    "--checkout",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A repository root, a `src` root or an installed package.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answers of all probes as JSON (newop-gen/detect/1).")
def command(checkout: Path, as_json: bool) -> int:
    """Say how a checkout arranges its op code: the layout, the probes that decided it, and what is not supported.

    The tree itself is asked, never its version. Exit code 3 when no layout fits.

    \b
    Examples:
      newop-gen detect --checkout ~/aiconfigurator
      newop-gen detect --checkout practice --json
    """
    from ..checkout.tree import Tree
    from ..layouts import detect
    from ..layouts.recognise import unsupported

    tree = Tree.open(checkout)
    detection = detect(tree)
    if as_json:
        emit_json(_data(detection, tree))
    else:
        _tell(detection, tree)
    if detection.layout is None:
        raise CheckoutRefused(unsupported(detection, str(tree.root))[0])
    return Exit.DONE


def _tell(detection: Detection, tree: Tree) -> None:
    from ..layouts import load
    from ..layouts.recognise import nearest

    found = detection.layout
    say(f"package: {tree.root / tree.places.package}")
    say(f"layout: {found.name} ({found.title})" if found else "layout: none that is supported")
    shown = found.name if found else nearest(detection)
    for name, probes in detection.probes.items():
        missing = detection.missing(name)
        mine = found is not None and name == found.name
        state = (
            "this one" if mine else "no, but it comes nearest" if name == shown else "no" if missing else "fits, too"
        )
        say("")
        say(f"{name}, {load(name).title}: {state}")
        listed = probes if mine else missing if name == shown else missing[:FEW]
        for probe in listed:
            say(f"  {_answer(probe)}")
        if not mine and len(missing) > len(listed):
            say(f"  and {len(missing) - len(listed)} more, see --json")


def _answer(probe: Probe) -> str:
    mark = "yes" if probe.found else "NO " if probe.required else "no "
    where = f" [{probe.where}]" if probe.where else ""
    return f"{mark} {probe.asks}" + (f": {probe.detail}" if probe.detail else "") + where


def _data(detection: Detection, tree: Tree) -> dict[str, Any]:
    from ..layouts import load

    return {
        "schema": SCHEMA,
        "tool": {"name": "newop-gen", "version": __version__},
        "checkout": str(tree.root),
        "package": tree.places.package,
        "layout": detection.layout.name if detection.layout else None,
        "layouts": [
            {
                "name": name,
                "title": load(name).title,
                "fits": not detection.missing(name),
                "probes": [_probe(probe) for probe in probes],
            }
            for name, probes in detection.probes.items()
        ],
    }


def _probe(probe: Probe) -> dict[str, Any]:
    return {
        "name": probe.name,
        "asks": probe.asks,
        "found": probe.found,
        "required": probe.required,
        "detail": probe.detail,
        "file": probe.where.file if probe.where else None,
        "line": probe.where.line if probe.where else None,
    }
