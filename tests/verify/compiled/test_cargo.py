"""Running cargo: it ends in time, and nothing that it started outlives whoever waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newop_gen.problems import IoFault
from newop_gen.verify.compiled.cargo import Cargo

PACKAGE = Path(__file__).resolve().parents[3] / "generator"


@pytest.fixture
def sleeper(tmp_path) -> Path:
    """A cargo that starts a process, says its number, and never ends."""
    program = tmp_path / "bin" / "cargo"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! > {tmp_path}/pid\necho 'Building [>] 1/2: slow' >&2\nwait\n")
    program.chmod(0o755)
    return program


def gone(pid: int, seconds: float = 30.0) -> bool:
    """Whether a process ends; one that nobody waited for yet counts as ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def written(path: Path, seconds: float = 30.0) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.is_file() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


def test_a_build_that_does_not_end_is_ended_with_all_that_it_started(sleeper, tmp_path) -> None:
    cargo = Cargo(sleeper, tmp_path, dict(os.environ))
    told: list[str] = []
    with pytest.raises(IoFault, match="`cargo build` has not ended after 0 minutes"):
        cargo.run(["build"], told.append, seconds=2)
    assert told == ["crate 1 of 2: slow"]
    assert gone(written(tmp_path / "pid"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_cargo_started_does_not_outlive_a_killed_parent(sleeper, tmp_path, number) -> None:
    code = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(PACKAGE)!r})
from newop_gen.verify.compiled.cargo import Cargo
Cargo(Path({str(sleeper)!r}), Path({str(tmp_path)!r}), dict(os.environ)).run(["build"], print)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pid = written(tmp_path / "pid")
    assert not gone(pid, seconds=0.2)
    parent.send_signal(number)
    parent.wait()
    assert gone(pid)


def test_what_cargo_says_went_wrong_is_its_own_error_with_the_causes(tmp_path) -> None:
    program = tmp_path / "cargo"
    program.write_text(
        "#!/bin/sh\nprintf '    Building [>] 1/2: a\\r' >&2\n"
        "printf 'error: failed to download `a v1`\\n\\nCaused by:\\n  no network\\n' >&2\nexit 101\n"
    )
    program.chmod(0o755)
    outcome = Cargo(program, tmp_path, dict(os.environ)).run(["build"], lambda _: None)
    assert outcome.status == 101
    assert outcome.last_words == "error: failed to download `a v1`; no network"
