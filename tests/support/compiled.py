"""Every spec in one checkout of a release whose ops are compiled: one build serves all that is asked of them."""

from __future__ import annotations

import contextlib
import difflib
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from newop_gen.checkout.tree import Tree
from newop_gen.layouts.recognise import layout_of
from newop_gen.verify.compiled.builds import using
from newop_gen.verify.compiled.make import Builder
from newop_gen.verify.session import chosen_python
from support.applying import EXAMPLES, ROOT, SPECS

OWN = ROOT / "tests" / "layouts" / "engine" / "specs"
EVERY = (*EXAMPLES, *sorted((SPECS / "upstream").rglob("*.yaml")), *sorted(OWN.glob("*.yaml")))
"""The examples, upstream's own ops as specs, and what the language can say besides."""

_OP = re.compile(r"^op: *(\w+)", re.MULTILINE)


def together(folder: Path) -> list[Path]:
    """Every spec, to be put into one checkout: of two whose ops have one name, the later one is copied into `folder`
    and named after its file and folder."""
    paths, names = [], set()
    for path in EVERY:
        text = path.read_text(encoding="utf-8")
        name = _OP.search(text)[1]  # type: ignore[index]
        if name in names:
            name = f"{path.stem}_{path.parent.name}"
            path = folder / f"{name}.yaml"
            path.write_text(_OP.sub(f"op: {name}", text, count=1), encoding="utf-8")
        names.add(name)
        paths.append(path)
    return paths


@contextlib.contextmanager
def builder(root: Path) -> Iterator[Builder]:
    """What builds the crate of a checkout, where `newop-gen verify` keeps what it built."""
    tree = Tree.open(root)
    crate = layout_of(tree).rules(tree).crate
    assert crate is not None
    with using(root / crate.folder, _say) as build:
        yield Builder(build, crate, root, str(chosen_python(_say)), _say)


def hunks(text: bytes, edition: str) -> list[str]:
    """Lines that rustfmt would change, with the sign of a diff."""
    rustfmt = shutil.which("rustfmt")
    assert rustfmt is not None, "cargo is there, rustfmt is not"
    done = subprocess.run([rustfmt, "--edition", edition], input=text, capture_output=True, check=True)
    difference = difflib.unified_diff(text.decode().split("\n"), done.stdout.decode().split("\n"), n=0, lineterm="")
    return [line for line in difference if line[:1] in "+-"][2:]


def new_hunks(before: bytes | None, after: bytes, edition: str) -> list[str]:
    """Those that were not there before."""
    known: Sequence[str] = [] if before is None else hunks(before, edition)
    return [line for line in hunks(after, edition) if line not in known]


def _say(line: str) -> None:
    print(line, flush=True)
