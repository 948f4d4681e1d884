"""Running git so that nothing of the user's set-up takes part: no hooks, filters, pagers, helpers or identity."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ..problems import IoFault, Place, Problem

_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.autocrlf": "false",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "commit.gpgSign": "false",
    "gc.auto": "0",
    "protocol.allow": "never",
}


def git_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for git: inherited `GIT_*` taken out, the user's and the system's configuration left unread."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        # A partial clone is not to fetch from its remote because somebody looks at it.
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
    return environment | dict(extra or {})


def git_command(*arguments: str) -> list[str]:
    command = ["git", "--no-pager"]
    for name, value in _SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    return [*command, *arguments]


def run_git(
    directory: Path, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> bytes:
    """Standard output of git in `directory`; raises `IoFault` with git's own words when it fails."""
    try:
        done = subprocess.run(
            git_command(*arguments),
            cwd=directory,
            input=stdin,
            capture_output=True,
            env=git_environment(environment),
            check=False,
        )
    except FileNotFoundError:
        raise no_git() from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise IoFault(
            Problem(Place(str(directory)), f"git {arguments[0]} failed: {words[-1] if words else done.returncode}")
        )
    return done.stdout


def no_git() -> IoFault:
    return IoFault(Problem(Place("git"), "git is not on the PATH", "git", "install git", "no-git"))
