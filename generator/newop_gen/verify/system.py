"""The small system root that the op is run against: one made-up GPU and the tables under test, nothing else.

Opening it takes milliseconds. The figures of the GPU are no multiples of each other, so that a formula that takes the
wrong one shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from ..layouts.base import Facts
    from .session import Session

SYSTEM, BACKEND, VERSION = "verified", "trtllm", "1.0.0"

PEAK = 6.7e14  # FLOPS at 16 bits
MEM_BW = 3.1e12  # bytes/s


def system_spec(facts: Facts) -> dict[str, Any]:
    """The system's description, with the tree's keys: peaks of fp8 and fp4 are not 2 and 4 times the 16-bit one."""
    return {
        "data_dir": f"data/{SYSTEM}",
        "gpu": {
            f"{facts.sixteen_bit}_tc_flops": PEAK,
            "int8_tc_flops": 1.45e15,
            "fp8_tc_flops": 1.57e15,
            "fp4_tc_flops": 3.9e15,
            "mem_bw": MEM_BW,
            "mem_bw_empirical_scaling_factor": 0.8,
            "mem_empirical_constant_latency": 3e-06,
            "mem_capacity": 4 << 40,  # no model of any size is out of memory
            "power": 700,
            "sm_version": 90,
        },
        "node": {
            "num_gpus_per_node": 8,
            "inter_node_bw": 5e10,
            "intra_node_bw": 4.5e11,
            "p2p_latency": 1e-05,
        },
        "misc": {"nccl_mem": dict.fromkeys((1, 2, 4, 8, 16, 32, 64), 0), "other_mem": 0, "nccl_version": "0"},
    }


@dataclass(frozen=True)
class Root:
    """A system root on disk, with tables by file name."""

    directory: Path
    files: Mapping[str, Path]

    @classmethod
    def make(cls, directory: Path, facts: Facts, session: Session, tables: Mapping[str, str]) -> Root:
        """Writes the system and `tables` (file name -> CSV text). Parquet is written by the session's interpreter."""
        folder = directory / "data" / SYSTEM / BACKEND / VERSION
        folder.mkdir(parents=True)
        (directory / f"{SYSTEM}.yaml").write_text(yaml.safe_dump(system_spec(facts)), encoding="utf-8")
        files = {}
        for name, text in tables.items():
            path = folder / name
            if name.endswith(".parquet"):
                source = path.with_name(f"{name}.csv")
                source.write_text(text, encoding="utf-8")
                session.ask("parquet", source=str(source), path=str(path))
            else:
                path.write_text(text, encoding="utf-8")
            files[name] = path
        return cls(directory, files)

    def open(self, session: Session, handle: str) -> Any:
        return session.attempt(
            "open", handle=handle, system=SYSTEM, backend=BACKEND, version=VERSION, root=str(self.directory)
        )
