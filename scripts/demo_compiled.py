"""The main job on a release whose ops are compiled: sandbox, dry run, apply, build, the op's answers, an estimate.

    python scripts/demo_compiled.py [--tree aisimulate] [--directory build/demo-aisimulate-0.13.0]

The checkout stays: another run takes the op out of it with `remove` and begins anew, because cargo compiles a crate
from nothing for each path that it is at. Needs cargo. Each `$` line is a command that works as shown.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo import (
    BACKEND,
    BATCH,
    ISL,
    OSL,
    ROOT,
    SPEC,
    SYSTEM,
    WIDTHS,
    described,
    newop_gen,
    print_answers,
    print_estimates,
    run,
    step,
    total,
)

from newop_gen.checkout.tree import Tree
from newop_gen.layouts.crate import Crate
from newop_gen.layouts.recognise import layout_of
from newop_gen.problems import NewopError
from newop_gen.sandbox import ENGINES
from newop_gen.verify.compiled.builds import build_of, using
from newop_gen.verify.compiled.make import Builder
from newop_gen.verify.session import Conversation, Extension, chosen_python, session

OP, CLASSES = "new_op", {"context": "ContextNewOp", "generation": "GenerationNewOp"}
TREES = {name.partition("-")[0]: name for name in ENGINES}

# The decode phase is computed at every so many of its steps, and those between follow.
STRIDE = 32


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", default="aisimulate", choices=sorted({*TREES, *ENGINES}))
    parser.add_argument("--directory", type=Path, help="where it happens (default: build/demo-RELEASE; kept)")
    options = parser.parse_args()
    release = TREES.get(options.tree, options.tree)
    home: Path = options.directory or Path(f"build/demo-{release}")
    if shutil.which("cargo") is None:
        sys.exit("demo: there is no cargo on the path, which builds ops that are compiled (rustup installs it)")
    checkout = home / "checkout"
    root = ROOT / checkout

    step("1. A release whose ops are compiled, as a practice checkout")
    if claimed(ROOT / home) and root.is_dir():
        print(f"{checkout} is there from an earlier run: kept, and the op taken out of it")
        newop_gen("remove", OP, "--checkout", checkout)
    else:
        newop_gen("sandbox", release, checkout, "--system", SYSTEM)

    step("2. What the spec would change: nothing is written yet")
    newop_gen("apply", SPEC, "--checkout", checkout, "--dry-run")

    step("3. Apply, and apply again")
    newop_gen("apply", SPEC, "--checkout", checkout)
    newop_gen("apply", SPEC, "--checkout", checkout)
    run("git", "-C", checkout, "status", "--short")

    step("4. Build the engine with the op in it")
    tree = Tree.open(root)
    crate = layout_of(tree).rules(tree).crate
    assert crate is not None
    python = chosen_python(print)
    with built(tree, crate, python) as extension, session(root, python, print, extension) as asked:
        step("5. The op's answers in the five database modes, from the compiled op")
        version = newest(tree)
        asked.ask(
            "open", handle="db", system=SYSTEM, backend=BACKEND, version=version, root=str(root / tree.places.systems)
        )
        asked.ask("declare", queries={p: [c, p == "context"] for p, c in CLASSES.items()}, tables={})
        print_answers(answers(asked))

        step("6. The model's static estimate per op (ms), without and with the op")
        print(f"{BATCH} requests of {ISL} + {OSL} tokens, TP1, {SYSTEM}, {BACKEND} {version}")
        estimate(asked, described(ROOT / home))
    print(f"\nThe checkout is {checkout}: look at it with git diff, or hold every answer against the spec:")
    print(f"newop-gen verify {SPEC} --checkout {checkout}")
    return 0


def claimed(home: Path) -> bool:
    """Whether a directory is from an earlier run of this script. Makes it one's own where there is none."""
    mark = home / "made-by-demo"
    if home.exists() and not mark.is_file():
        sys.exit(f"demo: {home} is there already, and not from an earlier run: name another --directory")
    there = home.is_dir()
    home.mkdir(parents=True, exist_ok=True)
    mark.write_text("")
    return there


@contextmanager
def built(tree: Tree, crate: Crate, python: Path) -> Iterator[Extension]:
    """The extension that the checkout's sources make, as `newop-gen verify` builds it, for the length of the block."""
    build = build_of(tree.root / crate.folder)
    first = not build.target.is_dir()
    print(
        f"cargo compiles {crate.folder} into {build.target}, never into the checkout.\n"
        + (
            "From nothing that takes about 2 minutes on two cores, and 1 to 2 GB; the next time some seconds."
            if first
            else "What it depends on is compiled already: this takes some seconds."
        ),
        flush=True,
    )
    started = time.monotonic()
    with using(tree.root / crate.folder, print) as kept:
        made = Builder(kept, crate, tree.root, str(python), print).make("extension")
        how = "found built, by its sources' digest" if made.fresh else f"built in {time.monotonic() - started:.0f} s"
        print(f"{made.path.name}: {how} ({made.toolchain})")
        yield Extension(crate.module, str(made.path), made.sha256)


def newest(tree: Tree) -> str:
    """The version whose tables the op's own were put beside."""
    [table] = (tree.root / tree.places.systems).glob(f"data/{SYSTEM}/{OP}/{BACKEND}/*/{OP}_context_perf.parquet")
    return table.parent.name


def answers(asked: Conversation) -> list[list[Any]]:
    """A measured point and one between measured points, per phase, in each mode; SOL_FULL is what the parts say."""
    rows: list[list[Any]] = []
    for phase in CLASSES:
        for what, batch, length in (("measured", 8, 2048), ("between", 6, 3000)):
            label, point = f"{phase}, b={batch}, s={length} ({what})", {"b": batch, "s": length, **WIDTHS}
            [parts] = asked.ask("parts", handle="db", calls=[[phase, point]])
            for mode in ("SOL", "SOL_FULL", "EMPIRICAL", "SILICON", "HYBRID"):
                if mode == "SOL_FULL":
                    rows.append([label, mode, parts["tuple"], ""])
                    continue
                [found] = asked.ask("query", handle="db", calls=[[phase, point, mode]])
                refused = found.get("error")
                values = None if refused else [found["latency"]]
                rows.append([label, mode, values, f"{refused['class']}: {refused['text']}" if refused else ""])
    return rows


def estimate(asked: Conversation, model: Path) -> None:
    """The model's estimate without the op and with it, as upstream's own breakdown has it."""
    ours = list(CLASSES.values())
    asked.ask("build", handle="model", model=str(model), settings={"tp_size": 1}, backend=BACKEND, ours=ours, names=[])
    runtime = {"batch_size": BATCH, "isl": ISL, "osl": OSL}
    found = asked.ask("estimate", host="model", handle="db", backend=BACKEND, runtime=runtime, ours=ours, stride=STRIDE)
    before, after = ({phase: found[which][phase] for phase in CLASSES} for which in ("without", "with"))
    print_estimates(before, after)
    share = 1 - total(before) / total(after)
    print(f"The op is {share:.1%} of the model's time.")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"demo: {error.cmd} gave exit status {error.returncode}")
    except NewopError as error:
        sys.exit(f"demo: {error}")
