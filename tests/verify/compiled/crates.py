"""A crate of a few lines, laid out as an engine's is, that compiles in a second and needs nothing from a registry."""

from __future__ import annotations

import hashlib
from pathlib import Path

from newop_gen.layouts.crate import Crate

FILES = {
    "core/Cargo.toml": """\
[package]
name = "tiny-core"
version = "0.1.0"
edition = "2021"

[lib]
name = "tiny_core"
crate-type = ["rlib", "cdylib"]

[features]
python = []
""",
    "core/Cargo.lock": """\
version = 4

[[package]]
name = "tiny-core"
version = "0.1.0"
""",
    "core/src/lib.rs": """\
pub mod op;

#[no_mangle]
pub extern "C" fn answer() -> u32 {
    op::answer() + include_str!("../../data/offset.txt").trim().len() as u32
}
""",
    "core/src/op.rs": """\
pub fn answer() -> u32 {
    41
}

#[cfg(test)]
mod tests {
    #[test]
    fn answers() {
        assert_eq!(super::answer(), 41);
    }

    #[test]
    fn fails_with_another_answer() {
        assert!(super::answer() < 50, "too large");
    }
}
""",
    "data/offset.txt": "x\n",
}

CRATE = Crate(
    folder="core", sources="core/src", name="tiny_core", edition="2021",
    test_features=(), extension_features=("python",), module="tiny._core",
)  # fmt: skip


def tiny(root: Path) -> Path:
    """Writes the crate below `root`."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def digest_of(root: Path) -> str:
    """A digest of all names and bytes below a directory."""
    found = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        found.update(str(path.relative_to(root)).encode())
        found.update(path.read_bytes() if path.is_file() else b"/")
    return found.hexdigest()
