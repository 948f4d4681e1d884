"""Run as a program: a command that ends, with all that it started, when whoever began it is gone.

`leash.py COMMAND...` runs the command in a process group of its own. Its standard input is a pipe that the starter
holds open: when that is closed, which the system does even for a starter that was killed, the group is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    if hasattr(os, "setpgid") and os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)
    try:
        child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{sys.argv[1]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)
    threading.Thread(target=_until_closed, args=(child,), daemon=True).start()
    status = child.wait()
    os._exit(status if status >= 0 else 128 - status)


def _until_closed(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1 << 12):
        pass
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    child.kill()


if __name__ == "__main__":
    main()
