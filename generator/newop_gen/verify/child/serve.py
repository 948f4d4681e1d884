"""The loop of the child: one request, one reply."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from .lend import keep_offline, lend
from .link import Link, failure
from .upstream import begin, package

# What a release imports before anything of its own. Imported early, these make a forked child cheap.
NEEDED = ("numpy", "scipy.interpolate", "pandas", "yaml")


def main() -> None:
    """Answers requests until there are no more.

    `begin` names the directories to import the checkout from, and its package. With `fork`, a child of this process
    does the work up to `end`, and this one, with its warm imports, waits for the next `begin`.
    """
    # The directory that this package was found in has modules of other names; none of them may be taken for another.
    sys.path[:] = [p for p in sys.path if os.path.realpath(p) != os.path.dirname(os.path.dirname(__file__))]
    link = Link()
    while True:
        request = link.read()
        if request is None:
            return
        if request["verb"] == "warm":
            link.write(_warm())
        elif request["verb"] == "begin" and request.get("fork"):
            _forked(link, request)
        elif request["verb"] == "begin":
            _work(link, request)
            return


def _warm() -> dict[str, Any]:
    """Imports what it can of what a release needs."""
    for name in NEEDED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    return {"warm": True}


def _forked(link: Link, request: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            _work(link, request)
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status:
        link.write({"fault": f"the process ended with status {status}"})


def _work(link: Link, request: dict[str, Any]) -> None:
    """Answers until `end`. With an `extension`, the checkout's ops are computed by it."""
    sys.path[:0] = request["roots"]
    os.environ["PYTHONPATH"] = os.pathsep.join(request["roots"])
    begin(request["package"])
    lend(request["roots"], package())
    if request["offline"]:
        keep_offline()
    try:
        verbs = _compiled(request["extension"]) if request.get("extension") else _interpreted()
        link.write({"ready": True, "python": sys.version.split()[0]})
    except BaseException as error:
        link.write(failure(error))
        return
    while True:
        request = link.read() or {"verb": "end"}
        verb = request.pop("verb")
        if verb == "end":
            link.write({"ended": True})
            return
        try:
            link.write({"reply": verbs[verb](**request)})
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            link.write(failure(error))


def _interpreted() -> dict[str, Callable[..., Any]]:
    """The verbs for a checkout whose ops are Python."""
    from . import built, calls, command, databases

    models = built.verbs()
    return {**databases.verbs(), **calls.verbs(), **models, **command.verbs(models, command.raised_by_queries)}


def _compiled(extension: dict[str, str]) -> dict[str, Callable[..., Any]]:
    """The verbs for a checkout whose ops are computed by its extension."""
    from .extension import serve_extension, served

    serve_extension(**extension)
    served(extension["name"], extension["path"])
    from . import command, compiled, databases

    asked = compiled.verbs()
    return {**databases.verbs(), **asked, **command.verbs(asked, compiled.raised_by_engine)}
