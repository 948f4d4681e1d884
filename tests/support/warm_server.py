"""The other end of `warm.py`: started by path in the interpreter of releases, so it imports nothing of this project."""

import contextlib
import importlib
import json
import os
import runpy
import signal
import sys
import time
import traceback
import types

# What releases, and pytest in them, import before anything of their own.
EARLY = ("numpy", "scipy.interpolate", "pandas", "yaml", "pytest", "pyarrow.parquet", "tempfile", "decimal", "csv")


def main() -> None:
    sys.path.pop(0)  # the directory of this file
    for name in EARLY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    out = os.fdopen(os.dup(1), "w")
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _work(request)
        print(json.dumps(_wait(pid, request["timeout"])), file=out, flush=True)


def _wait(pid, timeout):
    """How the fork ended, and the processor time that it and what it waited for has used (s)."""
    end, timed_out = time.monotonic() + timeout, False
    while True:
        found, status, used = os.wait4(pid, os.WNOHANG)
        if found:
            break
        if time.monotonic() > end and not timed_out:
            timed_out = True
            os.killpg(pid, signal.SIGKILL)
        time.sleep(0.002)
    seconds = used.ru_utime + used.ru_stime
    return {"status": os.waitstatus_to_exitcode(status), "timed_out": timed_out, "seconds": seconds}


def _work(request) -> None:
    """In the fork: becomes what `python *command` would have been, and ends."""
    os.setpgid(0, 0)
    files = [os.open(os.devnull, os.O_RDONLY)]
    files += [os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for name in ("out", "err")]
    for number, file in enumerate(files):
        os.dup2(file, number)
    status = 1
    try:
        env = request["env"]
        os.environ.clear()
        os.environ.update(env)
        os.chdir(request["cwd"])
        sys.pycache_prefix = env.get("PYTHONPYCACHEPREFIX") or None
        sys.dont_write_bytecode = bool(env.get("PYTHONDONTWRITEBYTECODE"))
        sys.path[:0] = [os.path.abspath(path) for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
        _run(request["command"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


def _run(command) -> None:
    kind, rest = command[0], command[1:]
    if kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path.insert(0, "")
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)
    elif kind == "-m":
        sys.argv = ["-m", *rest[1:]]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(command)
        sys.path.insert(0, os.path.dirname(os.path.abspath(kind)))
        runpy.run_path(kind, run_name="__main__")


if __name__ == "__main__":
    main()
