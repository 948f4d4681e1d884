"""The commands on real releases: the patch gives what apply gives, and applying again finds nothing to do."""

import subprocess

import pytest
from support.releases import FLAT_RELEASES

from newop_gen.resources import specs_dir

EXAMPLES = sorted(specs_dir().glob("*.yaml"))


def changed(release):
    """Every file of the release's work tree that git sees as changed or new, with its bytes."""
    done = subprocess.run(
        ["git", "status", "--porcelain", "-uall", "-z"], cwd=release.root, check=True, capture_output=True, text=True
    )
    names = [entry[3:] for entry in done.stdout.split("\0") if entry]
    return {name: (release.root / name).read_bytes() for name in names}


@pytest.mark.parametrize("version", FLAT_RELEASES)
def test_the_patch_of_a_dry_run_gives_what_apply_gives(release, run, version, tmp_path):
    patched, applied = (release(version, git=True, systems=("h200_sxm",)) for _ in range(2))
    patch = tmp_path / "ops.patch"
    result = run("apply", *EXAMPLES, "--checkout", patched.root, "--dry-run", "--patch", patch)
    assert result.exit_code == 0, result.output
    assert changed(patched) == {}
    for options in (["--check"], []):
        subprocess.run(["git", "apply", *options, str(patch)], cwd=patched.root, check=True)

    result = run("apply", *EXAMPLES, "--checkout", applied.root)
    assert result.exit_code == 0, result.output
    assert changed(applied) == changed(patched) != {}

    # In another order, and one spec alone: each finds its own edits among those of the others.
    again = run("apply", *reversed(EXAMPLES), "--checkout", applied.root)
    assert (again.exit_code, again.stdout.partition(":")[0]) == (0, "nothing to do")
    assert run("apply", EXAMPLES[0], "--checkout", applied.root, "--check").exit_code == 0


@pytest.mark.parametrize("version", FLAT_RELEASES)
def test_a_release_is_detected_wherever_its_package_is_named(release, run, version):
    made = release(version)
    layouts = {
        run("detect", "--checkout", directory).stdout.splitlines()[1]
        for directory in (made.root, made.root / "src", made.package)
    }
    assert len(layouts) == 1
    assert "none" not in layouts.pop()
