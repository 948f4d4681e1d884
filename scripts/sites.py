"""Leaves out each place that an op is put in of a tree whose ops are compiled, one at a time, and says who notices.

    python scripts/sites.py [--tree 0.12.0] [--write] [SPEC...]

Every edit of a plan is a place: a file that is made, or lines put into one. With it left out, the compiler is asked,
then upstream's and the op's own Rust tests, then `newop-gen verify` from Python, and `newop-gen doctor`. Where none of
them has anything to say, as of data, `newop-gen apply --check` is asked, which knows each place. `--write` puts the
table between the markers of docs/engines.md. Exit 1 when nobody notices one. Needs cargo; half a minute a place.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from pages import written
from support.applying import SPECS
from support.standing import standing

from newop_gen.checkout.tree import Tree
from newop_gen.doctor.run import Options as Looking
from newop_gen.doctor.run import checkup
from newop_gen.model.loaded import LoadedOp, load_op
from newop_gen.plan import Creation, Edit, Insertion, Step
from newop_gen.prepare import prepare
from newop_gen.problems import NewopError
from newop_gen.sandbox import ENGINES
from newop_gen.verify.result import CheckResult, Report
from newop_gen.verify.run import verify

HEAD = ["place", "what is left out", "who notices"]
DEFAULT = ("new_op_tokens.yaml",)
SYSTEMS = ("h200_sxm",)
TESTS = "rust-tests"
TEXT = "inserted-text"


@dataclass(frozen=True)
class Site:
    """One edit of a step, which is in the tree."""

    step: Step
    edit: Edit

    @property
    def what(self) -> str:
        """The first of its lines that says something."""
        if isinstance(self.edit, Creation):
            return "the file"
        lines = [line.strip() for line in self.edit.text.decode("utf-8").split("\n")]
        said = [line for line in lines if re.search(r"\w", line) and not line.startswith(("//", "#["))]
        first = " ".join((said or lines)[0].replace("|", "").split())
        return f"`{first[:57]}...`" if len(first) > 60 else f"`{first}`"

    @contextlib.contextmanager
    def left_out(self, root: Path) -> Iterator[None]:
        path = root / self.edit.path
        before = path.read_bytes()
        try:
            if isinstance(self.edit, Insertion):
                start, end = self.edit.offset, self.edit.offset + len(self.edit.text)
                assert before[start:end] == self.edit.text, str(self.edit.path)
                path.write_bytes(before[:start] + before[end:])
            else:
                path.unlink()
            yield
        finally:
            path.write_bytes(before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", type=Path, metavar="SPEC")
    parser.add_argument("--tree", default=next(iter(ENGINES)), choices=sorted(ENGINES))
    parser.add_argument("--write", action="store_true", help="write the table into docs/engines.md")
    options = parser.parse_args()
    # An end from outside puts the place in again, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    specs = options.specs or [SPECS / name for name in DEFAULT]
    rows: list[list[str]] = []
    with standing(options.tree, specs, SYSTEMS) as root:
        for spec in specs:
            loaded = load_op(spec)
            if wrong := _who(loaded, root):
                raise SystemExit(f"sites: {spec} with nothing left out: {wrong}")
            for site in _sites(loaded, root):
                with site.left_out(root):
                    who = _who(loaded, root) or _checked(loaded, root)
                rows.append([f"{site.step.key}: `{Path(site.edit.path).name}`", site.what, who or "NOBODY"])
                print("  ".join(rows[-1]), flush=True)
    silent = sum(row[-1] == "NOBODY" for row in rows)
    print(f"{len(rows)} places, {silent} that nobody notices")
    if options.write:
        written("sites", HEAD, rows, whole=True)
    return 1 if silent else 0


def _sites(loaded: LoadedOp, root: Path) -> list[Site]:
    plan = prepare([loaded], Tree.open(root)).plan
    assert not plan.pending
    return [Site(step, edit) for step in plan.steps for edit in step.edits]


def _who(loaded: LoadedOp, root: Path) -> str:
    """Who notices that something is wrong, in the order in which they are asked; what compiles not is asked no more."""
    said = []
    try:
        report = verify(loaded, root)
    except NewopError as error:
        return f"verify ({error.problems[0].code})"
    if compiler := _codes(report):
        return f"the compiler ({compiler})"
    for check in report.broken:
        if check.check == TESTS:
            said.append(f"Rust tests ({', '.join(_tests(check))})")
    asked = [c.check.partition(":")[0] for c in report.broken if c.check not in (TESTS, TEXT)]
    if asked:
        said.append(f"verify ({', '.join(dict.fromkeys(asked))})")
    findings = checkup(root, Looking(ops=(loaded.spec.op,), run=False)).findings
    if findings:
        said.append(f"doctor ({', '.join(dict.fromkeys(f.code for f in findings))})")
    return "; ".join(said)


def _checked(loaded: LoadedOp, root: Path) -> str:
    try:
        return "`apply --check` alone" if prepare([loaded], Tree.open(root)).plan.pending else ""
    except NewopError:
        return "`apply --check` alone"


def _codes(report: Report) -> str:
    """What the compiler says, by its codes, of the library or of its tests."""
    found = [f.found for check in report.broken for f in check.failures if check.check in ("build", TESTS)]
    codes = [re.match(r"error(?:\[(E[0-9]+)\])?: (.*)", text) for text in found]
    return ", ".join(dict.fromkeys(c[1] or c[2] for c in codes if c))


def _tests(check: CheckResult) -> list[str]:
    return [failure.where.rpartition("::")[2] for failure in check.failures]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NewopError as error:
        sys.exit(f"sites: {error}")
