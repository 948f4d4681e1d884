"""Places of a compiled op that nothing else asks for, each left out of a small tree that has them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from newop_gen.checkout.tree import Tree
from newop_gen.doctor.checks import silent_sites
from newop_gen.doctor.finding import Severity
from newop_gen.doctor.subject import Subject

SDK, CORE, RUST = "src/aiconfigurator/sdk", "aic-core/src/aiconfigurator_core/sdk", "aic-core/rust/aiconfigurator-core"

FILES = {
    f"{SDK.removesuffix('/sdk')}/__init__.py": "",
    f"{SDK}/__init__.py": "",
    f"{CORE}/__init__.py": "",
    f"{CORE}/common.py": """\
from enum import Enum


class PerfDataFilename(str, Enum):
    kelp = "kelp_perf.parquet"
""",
    f"{CORE}/perf_database.py": "class PerfDatabase:\n    pass\n",
    f"{CORE}/operations/__init__.py": """\
from aiconfigurator_core.sdk.operations.kelp import ContextKelp, GenerationKelp

__all__ = ["ContextKelp", "GenerationKelp"]
""",
    f"{CORE}/operations/kelp.py": """\
import aiconfigurator_core._engine as _core


class Kit:
    pass


class ContextKelp(_core.ContextKelp, Kit):
    pass


class GenerationKelp(_core.GenerationKelp, Kit):
    pass
""",
    f"{RUST}/Cargo.toml": '[package]\nname = "aiconfigurator-core"\n',
    f"{RUST}/src/operators/kelp.rs": """\
pub struct KelpContextOp {
    pub name: String,
    /// Ranks that the tokens are divided among.
    pub seq_split: u32,
}

pub struct KelpGenerationOp {
    pub name: String,
}
""",
    f"{RUST}/src/operators/op.rs": """\
pub enum Op {
    /// Of tokens.
    KelpContext(KelpContextOp),
    KelpGeneration(KelpGenerationOp),
    Seen(SeenOp),
}

impl Op {
    pub fn name(&self) -> &str {
        match self {
            Op::KelpContext(o) => &o.name,
            Op::KelpGeneration(o) => &o.name,
            Op::Seen(o) => &o.name,
        }
    }

    pub fn seq_split(&self) -> u32 {
        match self {
            Op::KelpContext(o) => o.seq_split,
            _ => 1,
        }
    }
}
""",
    f"{RUST}/src/operators/fpm_sol.rs": """\
pub(crate) fn op_sol_latency_ms(op: &Op, x: f64) -> Result<f64, Error> {
    match op {
        Op::KelpContext(o) => o.fpm_sol_ms(x),
        Op::KelpGeneration(o) => o.fpm_sol_ms(x),
        other => Err(Error::SolNotImplemented(other.name())),
    }
}
""",
    f"{RUST}/src/py_ops.rs": """\
pub(crate) fn wrap_op(op: Op) -> Result<Object, Error> {
    match &op {
        Op::KelpContext(_) => wrap!(PyContextKelp),
        Op::KelpGeneration(_) => wrap!(PyGenerationKelp),
        other => Err(Error::Type(other.name())),
    }
}

#[pymethods]
impl PyContextKelp {
    #[new]
    fn new(name: String, seq_split: u32) -> Result<(Self, PyOperation), Error> {
        let inner = Op::KelpContext(KelpContextOp { name, seq_split });
        Ok((PyContextKelp, PyOperation { inner }))
    }
}

#[pymethods]
impl PyGenerationKelp {
    #[new]
    fn new(name: String) -> Result<(Self, PyOperation), Error> {
        Ok((PyGenerationKelp, PyOperation { inner: Op::KelpGeneration(KelpGenerationOp { name }) }))
    }
}
""",
}


def tree(root: Path, *leave_out: tuple[str, str]) -> Subject:
    """The tree without these texts, each of which stands once in its file."""
    for name, text in FILES.items():
        for file, gone in leave_out:
            if file == name:
                assert text.count(gone) == 1
                text = text.replace(gone, "")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Subject.of(Tree.open(root))


def test_a_whole_op_has_no_finding(tmp_path) -> None:
    subject = tree(tmp_path)
    assert subject.compiled is not None
    # A variant without a class is never given to Python, and needs no arm there.
    assert [(v.name, v.struct, v.made_by) for v in subject.compiled.variants] == [
        ("KelpContext", "KelpContextOp", "PyContextKelp"),
        ("KelpGeneration", "KelpGenerationOp", "PyGenerationKelp"),
        ("Seen", "SeenOp", ""),
    ]
    assert list(silent_sites.find(subject)) == []
    assert subject.compiled.lacking == []


SITES = [
    ("wrap-arm-missing", Severity.FAILS, f"{RUST}/src/py_ops.rs", "        Op::KelpContext(_) => wrap!(PyContextKelp),\n"),
    ("seq-split-missing", Severity.WRONG, f"{RUST}/src/operators/op.rs", "            Op::KelpContext(o) => o.seq_split,\n"),
    ("fpm-missing", Severity.LIMIT, f"{RUST}/src/operators/fpm_sol.rs", "        Op::KelpContext(o) => o.fpm_sol_ms(x),\n"),
    ("export-missing", Severity.FAILS, f"{CORE}/operations/__init__.py", " ContextKelp,"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "severity", "file", "text"), SITES, ids=[site[0] for site in SITES])
def test_a_site_that_was_left_out_is_found(code, severity, file, text, tmp_path) -> None:
    [found] = silent_sites.find(tree(tmp_path, (file, text)))
    assert (found.code, found.severity) == (code, severity)
    assert "ContextKelp" in found.names
    assert "KelpContext" in found.what or "ContextKelp" in found.what
    assert found.place.line > 0 and found.mend


def test_all_of_them_at_once(tmp_path) -> None:
    found = silent_sites.find(tree(tmp_path, *((file, text) for _, _, file, text in SITES)))
    assert [f.code for f in found] == [code for code, *_ in SITES]


def test_what_can_not_be_read_is_said(tmp_path) -> None:
    subject = tree(tmp_path, (f"{RUST}/src/py_ops.rs", "    match &op {\n"))
    assert subject.compiled is not None
    assert [f.code for f in silent_sites.find(subject)] == []
    assert any("py_ops.rs" in words and "valid Rust" in words for words in subject.compiled.lacking)
    (tmp_path / RUST / "src/operators/fpm_sol.rs").unlink()
    subject = Subject.of(Tree.open(tmp_path))
    list(silent_sites.find(subject))
    assert subject.compiled is not None and any("fpm_sol.rs is not there" in w for w in subject.compiled.lacking)


def test_a_tree_whose_ops_are_python_has_none(tmp_path) -> None:
    (tmp_path / "src/aiconfigurator/sdk").mkdir(parents=True)
    (tmp_path / "src/aiconfigurator/__init__.py").write_text("")
    (tmp_path / "src/aiconfigurator/sdk/common.py").write_text("")
    subject = Subject.of(Tree.open(tmp_path))
    assert subject.compiled is None
    assert list(silent_sites.find(subject)) == []
