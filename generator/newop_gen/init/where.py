"""Which place of a checkout a table is for, as far as its own columns say."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ..spec.model import DIRECTORY_PATTERN
from ..tables.raw import RawTable
from .vocabulary import BACKENDS

DEVICES = ("device", "device_name", "gpu", "gpu_name")


@dataclass(frozen=True)
class Where:
    """System, backend and version directories; "" is not known. Of several versions the first that a tree has."""

    system: str = ""
    backend: str = ""
    version: tuple[str, ...] = ("newest",)


def where_of(table: RawTable, systems: Collection[str], given: Where) -> Where:
    """`given`, completed by the provenance columns where they have one value each."""
    version = given.version
    own = _only(table, "version")
    if version == ("newest",) and own and re.fullmatch(DIRECTORY_PATTERN, own) and ".." not in own and own != "0":
        version = (own, "newest")
    return Where(
        given.system or _system(next(filter(None, (_only(table, c) for c in DEVICES)), ""), systems),
        given.backend or _backend(_only(table, "framework")),
        version,
    )


def _only(table: RawTable, column: str) -> str:
    values = set(table.rows.distinct(column)) if column in table.columns else set()
    return values.pop() if len(values) == 1 else ""


def _backend(framework: str) -> str:
    plain = re.sub(r"[^a-z]", "", framework.lower())
    return next((b for b in BACKENDS if b in plain or (b == "trtllm" and "tensorrtllm" in plain)), "")


def _system(device: str, systems: Collection[str]) -> str:
    """The system whose GPU the device is: "NVIDIA H100 80GB HBM3" is h100_sxm. "" where several could be meant."""
    words = re.findall(r"[a-z0-9]+", device.lower())
    fitting = [name for name in systems if name.split("_")[0] in words]
    narrowed = [n for n in fitting if all(part in device.lower() for part in n.split("_")[1:])] or fitting
    return narrowed[0] if len(narrowed) == 1 else ""
