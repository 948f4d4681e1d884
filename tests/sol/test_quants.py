"""The table of modes, against the enums of real releases."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from newop_gen.sol.quants import IDLE_MODES, MODE_NAMES, MODES, Quant, canonical, enum_class

CLASSES = ("GEMMQuantMode", "MoEQuantMode", "FMHAQuantMode", "KVCacheQuantMode", "CommQuantMode")


def quants_of(common: Path) -> dict[str, dict[str, Quant]]:
    """The members of each quant enum in a `common.py`, read without importing it."""
    tree = ast.parse(common.read_text())
    found: dict[str, dict[str, Quant]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in CLASSES:
            members = found.setdefault(node.name, {})
            for item in node.body:
                if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call):
                    memory, compute, name = (eval(ast.unparse(arg), {}) for arg in item.value.args)
                    members[name] = Quant(name, memory, compute)
    return found


@pytest.mark.parametrize("version", ["0.6.0", "0.7.0", "0.8.0"])
def test_modes_are_those_of_the_release(version: str, release: Any) -> None:
    common = next(Path(release(version).root).rglob("sdk/common.py"))
    enums = quants_of(common)
    assert set(enums) == set(CLASSES)
    assert {canonical(name) for members in enums.values() for name in members} <= set(MODES)
    for name, mode in MODES.items():
        members = {canonical(quant.name): quant for quant in enums[enum_class(name)].values()}
        if name not in members:
            continue  # a mode of a later release
        assert mode.compute == members[name].compute, name
        if name != "nvfp4":  # counted without its scales before 0.8
            assert mode.memory == members[name].memory, name
        first = next(cls for cls in CLASSES if any(canonical(member) == name for member in enums[cls]))
        assert enum_class(name) == first, name


def test_names() -> None:
    assert {canonical(name) for name in MODE_NAMES} == set(MODES)
    assert canonical("float16") == canonical("bfloat16") == "bfloat16"
    assert {"int8", "half"} == IDLE_MODES
