"""Every example on every release: it applies cleanly, and the unit test that it brings passes in the release itself."""

from __future__ import annotations

import subprocess

import pytest
from checkouts import VERSIONS, copy_fixture
from support.applying import EXAMPLES, apply_specs
from support.releases import FLAT_RELEASES, release_environment, runtime_python

FIXTURES = [name for name in VERSIONS if name in ("v0_6", "v0_7", "v0_8", "v0_9")]


def run_generated_tests(root) -> None:
    tests = sorted((root / "tests" / "unit" / "sdk" / "database").glob("test_*.py"))
    tests = [t for t in tests if t.stem.removeprefix("test_") in {s.stem for s in EXAMPLES}]
    assert len(tests) == len(EXAMPLES)
    done = subprocess.run(
        [str(runtime_python(print)), "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", "-o", "addopts=",
         "-W", "ignore", *map(str, tests)],
        cwd=root, env=release_environment(root), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("version", FLAT_RELEASES)
def test_examples_on_a_release(version, release) -> None:
    tree = release(version)
    link_newest_backend(tree)
    apply_specs(tree.root, EXAMPLES)
    run_generated_tests(tree.root)


def test_examples_on_the_tag_of_0_9(release) -> None:
    tree = release("0.9.0")
    apply_specs(tree.root, EXAMPLES)
    run_generated_tests(tree.root)


@pytest.mark.parametrize("name", FIXTURES)
def test_examples_on_a_fixture(name, tmp_path) -> None:
    root = copy_fixture(name, tmp_path)
    apply_specs(root, EXAMPLES)
    run_generated_tests(root)


def link_newest_backend(tree) -> None:
    """A place for the data files: copies come without measured tables."""
    (tree.systems / "data" / "h200_sxm" / "trtllm" / "1.2.0rc5").mkdir(parents=True, exist_ok=True)
