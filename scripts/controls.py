"""Changes the Rust code of correct compiled ops, one place at a time, and prints what `newop-gen verify` makes of each.

    python scripts/controls.py [--tree 0.12.0] [--each 2] [--seed 1] [SPEC...]

For every spec (default: two of the examples, by batch and sequence and by tokens): verify holds on what was inserted,
else nothing is counted. Then changes of each kind (a constant, a branch, an axis, the order of keys, an arm that the
compiler does not miss, which row of several wins, the energy, the scale, a rounding), chosen by the seed; who notices
each, and which cause is named first. A change that nobody notices is listed with its line: it gets by, or it changes
nothing. Exit 1 when one gets by, or a correct op raises an alarm. Needs cargo; a minute for each change on two busy
cores.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.applying import SPECS
from support.standing import standing
from verify.compiled.changes import candidates, chosen, made

from newop_gen.checkout.tree import Tree
from newop_gen.model.loaded import LoadedOp, load_op
from newop_gen.prepare import prepare
from newop_gen.sandbox import ENGINES
from newop_gen.verify.result import Report
from newop_gen.verify.run import Options, verify
from newop_gen.write.regions import lines_of_plan

SYSTEMS = ("h200_sxm",)  # whose tables the examples go beside
DEFAULT = ("new_op.yaml", "new_op_tokens.yaml")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", type=Path, metavar="SPEC")
    parser.add_argument("--tree", default=next(iter(ENGINES)), choices=sorted(ENGINES))
    parser.add_argument("--each", type=int, default=2, metavar="N", help="changes of each kind and spec (default: 2)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # An end from outside takes the change out again, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    specs = options.specs or [SPECS / name for name in DEFAULT]
    with standing(options.tree, specs, systems=SYSTEMS) as root:
        return 1 if sum(_try(root, load_op(spec), options.each, options.seed) for spec in specs) else 0


def _try(root: Path, loaded: LoadedOp, each: int, seed: int) -> int:
    """The lines of one spec; how many of them are not as they should be."""
    started = time.monotonic()
    print(f"{loaded.spec.op} ({root})\n")
    report = verify(loaded, root)
    if not report.passed:
        print(f"FALSE ALARM: {[f'{r.check}: {r.failures[:1]}' for r in report.broken]}")
        return 1
    lines = lines_of_plan(prepare([loaded], Tree.open(root)).plan)
    changes = chosen(candidates(root, lines), each, seed)
    survived = 0
    for change in changes:
        with made(root, change):
            report = verify(loaded, root, Options())
        who = _noticed(report)
        survived += not who
        cause = report.causes[0].code if report.causes else ""
        print(f"{'noticed' if who else 'GETS BY':8} {change}\n         {who or '-'}; {cause or '-'}", flush=True)
    noticed = len(changes) - survived
    seconds = time.monotonic() - started
    print(f"\n{loaded.spec.op}: {len(changes)} changes, {noticed} noticed, {survived} not ({seconds:.0f} s)\n")
    return survived


def _noticed(report: Report) -> str:
    """Who noticed: the compiler, the questions from Python, the Rust unit tests."""
    checks = [r.check.partition(":")[0] for r in report.broken]
    asked = [c for c in dict.fromkeys(checks) if c not in ("build", "rust-tests")]
    found = ["compiler"] if "build" in checks else []
    found += [f"asked ({', '.join(asked[:3])}{' ...' if len(asked) > 3 else ''})"] if asked else []
    found += ["Rust tests"] if "rust-tests" in checks else []
    return ", ".join(found)


if __name__ == "__main__":
    sys.exit(main())
