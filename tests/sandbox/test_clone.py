"""A release out of a clone: no checkout, no filters, missing objects reported, nothing written outside."""

import os
import subprocess

import pytest

from newop_gen.problems import CheckoutRefused
from newop_gen.sandbox import make_sandbox

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
PACKAGE = "src/aiconfigurator"
TABLE = f"{PACKAGE}/systems/data/h200_sxm/trtllm/1.0.0/gemm_perf.txt"
OTHER_TABLE = f"{PACKAGE}/systems/data/l40s/trtllm/1.0.0/gemm_perf.txt"
FILES = {
    f"{PACKAGE}/__init__.py": b"",
    f"{PACKAGE}/sdk/common.py": b"first = 1\r\nsecond = 2\n",
    f"{PACKAGE}/systems/support_matrix.csv": b"a,b\n",
    TABLE: POINTER,
    OTHER_TABLE: POINTER,
    ".gitattributes": b"*.txt filter=lfs diff=lfs merge=lfs -text\n*.py text eol=lf ident filter=lfs\n",
    ".gitignore": b"dist/\n*.egg-info/\n",
    "dist/kept.txt": b"tracked although ignored\n",
    "run.sh": b"#!/bin/sh\n",
    "pyproject.toml": b"[project]\n",
    "na\xc3\xafve name.md".encode("latin-1").decode("utf-8"): b"x\n",
}


def git(directory, *arguments, **options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
    }  # fmt: skip
    done = subprocess.run(
        ["git", *arguments], cwd=directory, capture_output=True, check=True, env=environment, **options
    )
    return done.stdout.decode().strip()


@pytest.fixture
def clone(tmp_path):
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/attributes").write_text("* -filter -text -ident\n")
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("run.sh")
    git(root, "add", "--force", ".")
    git(root, "commit", "--quiet", "-m", "release")
    git(root, "tag", "-a", "v0.9.0", "-m", "0.9.0")
    git(root, "tag", "v0.10.0rc1")
    git(root, "tag", "nightly")
    # Filters that would run if anything were checked out or added under the tree's own .gitattributes.
    canary = tmp_path / "canary"
    for name in ("clean", "smudge"):
        git(root, "config", f"filter.lfs.{name}", f"touch {canary}; cat")
    return root


def lose(clone, path):
    oid = git(clone, "rev-parse", f"HEAD:{path}")
    (clone / ".git/objects" / oid[:2] / oid[2:]).unlink()


def test_the_tags_files_are_written_as_they_are(clone, tmp_path):
    said = []
    made = make_sandbox("0.9.0", tmp_path / "made", repo=clone, report=said.append)
    for path, content in FILES.items():
        assert (made / path).read_bytes() == content, path
    assert os.access(made / "run.sh", os.X_OK)
    assert not os.access(made / "pyproject.toml", os.X_OK)
    assert os.readlink(made / "link") == "run.sh"
    assert not (tmp_path / "canary").exists()
    assert git(made, "status", "--porcelain") == ""
    tracked = git(made, "-c", "core.quotePath=false", "ls-files").splitlines()
    assert sorted(tracked) == sorted([*FILES.keys() - {TABLE, OTHER_TABLE}, "link"])
    stored = subprocess.run(
        ["git", "show", f"HEAD:{PACKAGE}/sdk/common.py"], cwd=made, capture_output=True, check=True
    ).stdout
    assert stored == FILES[f"{PACKAGE}/sdk/common.py"]
    assert "Version: 0.9.0" in (made / "src/aiconfigurator.egg-info/PKG-INFO").read_text()
    assert any("2 of 2 measured tables are Git LFS pointers" in line for line in said)


@pytest.mark.parametrize("form", ["bare", "worktree", "subject to ownership check"])
def test_other_forms_of_a_clone(clone, tmp_path, form):
    other = tmp_path / "other"
    if form == "bare":
        git(tmp_path, "clone", "--quiet", "--bare", str(clone), str(other))
    elif form == "worktree":
        git(clone, "worktree", "add", "--quiet", str(other), "HEAD")
    else:
        other = clone
        if os.getuid() == 0:
            for path in [other, *other.rglob("*")]:
                os.chown(path, 12345, 12345, follow_symlinks=False)
    made = make_sandbox("v0.9.0", tmp_path / "made", repo=other, report=lambda line: None)
    assert (made / f"{PACKAGE}/sdk/common.py").read_bytes() == FILES[f"{PACKAGE}/sdk/common.py"]


def test_systems_limit_the_tables(clone, tmp_path):
    made = make_sandbox("0.9.0", tmp_path / "made", repo=clone, systems=["l40s"], report=lambda line: None)
    assert (made / OTHER_TABLE).is_file()
    assert not (made / TABLE).exists()


def test_a_missing_object_that_is_not_needed_is_left_out_and_said(clone, tmp_path):
    lose(clone, f"{PACKAGE}/systems/support_matrix.csv")
    said = []
    made = make_sandbox("0.9.0", tmp_path / "made", repo=clone, report=said.append)
    assert not (made / f"{PACKAGE}/systems/support_matrix.csv").exists()
    assert [line for line in said if "support_matrix.csv" in line and "Left out" in line]
    assert git(made, "status", "--porcelain") == ""


def test_missing_code_is_refused_file_by_file(clone, tmp_path):
    lose(clone, f"{PACKAGE}/sdk/common.py")
    lose(clone, "pyproject.toml")
    with pytest.raises(CheckoutRefused) as refused:
        make_sandbox("0.9.0", tmp_path / "made", repo=clone, report=lambda line: None)
    assert {p.place.file for p in refused.value.problems} == {f"{PACKAGE}/sdk/common.py", "pyproject.toml"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clone"]


def test_a_missing_tag_lists_the_releases_in_order(clone, tmp_path):
    with pytest.raises(CheckoutRefused) as refused:
        make_sandbox("0.11.0", tmp_path / "made", repo=clone, report=lambda line: None)
    (problem,) = refused.value.problems
    assert problem.expected == "one of 0.9.0, 0.10.0rc1"


def test_something_else_than_a_clone(tmp_path):
    with pytest.raises(CheckoutRefused, match="not a git repository"):
        make_sandbox("0.9.0", tmp_path / "made", repo=tmp_path, report=lambda line: None)


@pytest.mark.parametrize("name", [b"..", b".git", b".GIT"])
def test_a_tree_that_reaches_outside_is_refused(clone, tmp_path, name):
    blob = git(clone, "rev-parse", "HEAD:run.sh")
    inner = b"100644 escaped\0" + bytes.fromhex(blob)
    oid = git(clone, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=inner)
    outer = b"40000 " + name + b"\0" + bytes.fromhex(oid)
    oid = git(clone, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=outer)
    git(clone, "tag", "v0.66.0", git(clone, "commit-tree", oid, "-m", "hostile"))
    with pytest.raises(CheckoutRefused, match="can't be written"):
        make_sandbox("0.66.0", tmp_path / "made", repo=clone, report=lambda line: None)
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "made").exists()


def test_files_are_not_written_through_the_trees_own_links(clone, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    blob = git(clone, "hash-object", "-w", "--stdin", input=b"evil")
    link = git(clone, "hash-object", "-w", "--stdin", input=str(outside).encode())
    inner = git(clone, "mktree", input=f"100644 blob {blob}\tescaped\n".encode())
    # git sorts a directory's name as if it ended in "/", so one tree can hold the link and the directory of that name.
    raw = b"120000 a\0" + bytes.fromhex(link) + b"40000 a\0" + bytes.fromhex(inner)
    tree = git(clone, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=raw)
    git(clone, "tag", "v0.67.0", git(clone, "commit-tree", tree, "-m", "hostile"))
    with pytest.raises(CheckoutRefused, match="can't be written: 'a/escaped'"):
        make_sandbox("0.67.0", tmp_path / "made", repo=clone, report=lambda line: None)
    assert list(outside.iterdir()) == []
