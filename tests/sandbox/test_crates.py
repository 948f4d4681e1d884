"""A crate: from the cache, from cargo's own, through cargo, and refused when it is another one."""

import hashlib
import os

import pytest

from newop_gen.problems import IoFault
from newop_gen.sandbox.crates import Crate, fetch_crate

CONTENT = b"a crate"
CRATE = Crate("toy-core", "1.2.3", hashlib.sha256(CONTENT).hexdigest())

# Keeps what it is asked for where cargo would, as far as its registry has it.
CARGO = """\
#!/bin/sh
[ "$*" = "info --quiet --color=never toy-core@1.2.3" ] || { echo "error: asked for $*" >&2; exit 101; }
[ -f "$REGISTRY" ] || { echo "warning: spurious" >&2; echo "error: no crate named toy-core" >&2; exit 101; }
mkdir -p "$CARGO_HOME/registry/cache/index-1"
/bin/cp "$REGISTRY" "$CARGO_HOME/registry/cache/index-1/toy-core-1.2.3.crate"
"""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A cache and a cargo of our own; the returned file is the registry's."""
    (tmp_path / "bin").mkdir()
    cargo = tmp_path / "bin" / "cargo"
    cargo.write_text(CARGO)
    cargo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo"))
    monkeypatch.setenv("REGISTRY", str(tmp_path / "registry"))
    return tmp_path / "registry"


def test_fetched_once_then_from_the_cache(registry, tmp_path):
    registry.write_bytes(CONTENT)
    said = []
    path = fetch_crate(CRATE, said.append)
    assert path.read_bytes() == CONTENT and path.parent == tmp_path / "cache" / "crates"
    assert len(said) == 1 and "once" in said[0]
    (tmp_path / "bin" / "cargo").unlink()
    assert fetch_crate(CRATE, said.append) == path and len(said) == 1
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_what_cargo_has_already_is_not_asked_for(registry, tmp_path):
    kept = tmp_path / "cargo" / "registry" / "cache" / "index-2" / CRATE.filename
    kept.parent.mkdir(parents=True)
    kept.write_bytes(CONTENT)
    said = []
    assert fetch_crate(CRATE, said.append).read_bytes() == CONTENT and said == []


def test_a_damaged_file_in_the_cache_is_fetched_again(registry):
    registry.write_bytes(CONTENT)
    path = fetch_crate(CRATE, lambda line: None)
    path.write_bytes(b"another")
    said = []
    assert fetch_crate(CRATE, said.append).read_bytes() == CONTENT and "damaged" in said[0]


def test_another_crate_under_the_same_name_is_refused(registry, tmp_path):
    registry.write_bytes(b"another")
    with pytest.raises(IoFault, match="or another one of that name"):
        fetch_crate(CRATE, lambda line: None)
    assert not (tmp_path / "cache" / "crates").exists()


def test_cargos_own_words_say_why_it_could_not_be_fetched(registry):
    with pytest.raises(IoFault, match="could not be fetched: no crate named toy-core") as fault:
        fetch_crate(CRATE, lambda line: None)
    assert "network" in fault.value.problems[0].suggestion


def test_without_cargo_the_message_says_so(registry, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IoFault, match="cargo is not on the PATH"):
        fetch_crate(CRATE, lambda line: None)
