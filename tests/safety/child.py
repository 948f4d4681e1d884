"""One command in a process of its own: `python -m tests.safety.child COMMAND ROOT [--calls]`.

COMMAND is one of `commands.COMMANDS`, `apply:OP` (an op of that name) or `recover`. With `--calls` the mutating calls
that went through `write.fs` are printed to standard error, one per line. The exit code is that of the command line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from newop_gen.problems import NewopError
from newop_gen.write import fs

from . import world as worlds
from .commands import COMMANDS, apply, bring_back
from .faults import Counter


def main() -> int:
    name, root = sys.argv[1], Path(sys.argv[2])
    world = worlds.World(root, root.parent / "state", (root / ".git").exists())
    counter = Counter()
    code = 0
    try:
        with fs.watch(counter):
            if name.startswith("apply:"):
                apply(world, name.partition(":")[2])
            elif name == "recover":
                bring_back(world)
            else:
                COMMANDS[name][1](world)
    except NewopError as error:
        print(error, file=sys.stderr)
        code = int(error.exit_code)
    if "--calls" in sys.argv:
        print("".join(f"{call}\n" for call, _ in counter.calls), file=sys.stderr, end="")
    return code


if __name__ == "__main__":
    sys.exit(main())
