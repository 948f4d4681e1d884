"""Wheels from PyPI: those of the releases whose op code is in one, and how to get any."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..problems import IoFault, Place, Problem
from .cache import cache_fault, file_digest, locked

DOWNLOAD_SECONDS = 900


@dataclass(frozen=True)
class Wheel:
    """A published wheel. Released files never change, so its digest is part of what is asked for."""

    version: str
    filename: str
    sha256: str
    megabytes: int
    project: str = "aiconfigurator"


WHEELS = {
    wheel.version: wheel
    for wheel in (
        Wheel(
            "0.6.0",
            "aiconfigurator-0.6.0-py3-none-any.whl",
            "44054a476023e1feb84bee64b7c7da522306399bea0070acf08f9b79ca744626",
            23,
        ),
        Wheel(
            "0.7.0",
            "aiconfigurator-0.7.0-py3-none-any.whl",
            "d7736969835de57fd467c318e3fb85fc7251486ac60e7d794e4cfad1a403086d",
            32,
        ),
        Wheel(
            "0.8.0",
            "aiconfigurator-0.8.0-py3-none-any.whl",
            "ba83fb596c64d94aabf7f76dd6bbdb7002e7524175485084a89c1eb5dbe25a87",
            72,
        ),
        Wheel(
            "0.10.0",
            "aiconfigurator-0.10.0-cp310-abi3-manylinux_2_28_x86_64.whl",
            "4abed631f3a6eef9b74cefb8f0a23f90bce467c2e2fc52ae76519a2b27bcdce3",
            78,
        ),
    )
}


def get_wheel(version: str, report: Callable[[str], None] = print) -> Path:
    """The wheel file of aiconfigurator `version`, from 0.6 to 0.10; as `fetch_wheel`. Raises `KeyError` for another."""
    return fetch_wheel(WHEELS[version], report)


def fetch_wheel(wheel: Wheel, report: Callable[[str], None] = print) -> Path:
    """The file of a wheel, downloaded by pip at the first call, from the cache afterwards.

    The cached file is checked against its digest each time, and fetched again when it does not match. Raises `IoFault`
    when it can't be downloaded or the cache can't be written.
    """
    with locked(f"wheel-{wheel.project}-{wheel.version}") as cache:
        path = cache / "wheels" / wheel.filename
        try:
            if path.is_file():
                if file_digest(path) == wheel.sha256:
                    return path
                report(f"{path} is damaged; it is downloaded again")
            path.parent.mkdir(parents=True, exist_ok=True)
            report(f"Downloading {wheel.project} {wheel.version} ({wheel.megabytes} MB, once) into {path.parent}")
            with tempfile.TemporaryDirectory(prefix="download-", dir=path.parent) as scratch:
                _download(wheel, Path(scratch))
                os.replace(Path(scratch) / wheel.filename, path)
        except OSError as error:
            raise cache_fault(path, error) from None
    return path


def pip_command() -> list[str]:
    """How to call pip here: this interpreter's own, else one on the PATH. Raises `IoFault` when there is none."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        found = shutil.which(name)
        if found:
            return [found]
    raise IoFault(
        Problem(
            Place(sys.executable),
            "this interpreter has no pip, and none is on the PATH",
            "pip, to download a release",
            f"run: {sys.executable} -m ensurepip",
            "no-pip",
        )
    )


def _download(wheel: Wheel, directory: Path) -> None:
    # The digest goes along as a requirement, so that pip takes this very file or none. Platform and Python are named
    # because what is wanted is source to look at and edit, the same on every machine, not something to install here.
    requirements = directory / "requirements.txt"
    requirements.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    command = [
        *pip_command(),
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
        "--retries=2",
    ]
    command += ["--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--platform=any", "--python-version=3.12"]
    command += ["--implementation=cp", "--abi=abi3", "--abi=none", "--require-hashes"]
    command += [f"--requirement={requirements}", f"--dest={directory}"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False
        )
        output, failed = done.stderr.strip() or done.stdout.strip(), done.returncode != 0
    except subprocess.TimeoutExpired:
        output, failed = f"no end after {DOWNLOAD_SECONDS // 60} minutes", True
    if failed or not (directory / wheel.filename).is_file():
        raise IoFault(
            Problem(
                Place(f"{wheel.project} {wheel.version}"),
                f"the wheel could not be downloaded: {pip_words(output)}",
                f"{wheel.filename} from the package index that pip is set up for",
                "check the network and pip's configuration; it is needed once, later runs use the cache",
                "download",
            )
        )


def pip_words(output: str) -> str:
    """The line of pip's output that says what went wrong. Without a network, pip's last line does not say so."""
    if "after connection broken" in output:
        return "no connection to the package index"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["pip said nothing"])[-1].removeprefix("ERROR: ")
