"""The interpreter for releases: the right one is found, made once, and its absence explained."""

import sys

import pytest

from newop_gen.problems import IoFault
from newop_gen.sandbox import runtime
from newop_gen.sandbox.runtime import REQUIREMENTS, find_interpreter, import_roots, release_environment, runtime_python


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEWOP_GEN_RUNTIME", raising=False)
    monkeypatch.setattr(runtime, "missing_here", lambda: list(REQUIREMENTS))
    return tmp_path / "cache" / "runtime"


def build(calls):
    """Stands in for a minute of pip: an environment without packages."""

    def made(base, environment):
        calls.append(base)
        import venv

        venv.create(environment, with_pip=False, symlinks=True)

    return made


def test_made_once_and_reused(own_cache, monkeypatch):
    calls, said = [], []
    monkeypatch.setattr(runtime, "_build", build(calls))
    first = runtime_python(said.append)
    assert first.is_relative_to(own_cache)
    assert runtime_python(said.append) == first
    assert len(calls) == len(said) == 1


def test_what_an_interrupted_build_left_is_made_anew(own_cache, monkeypatch):
    calls = []
    monkeypatch.setattr(runtime, "_build", build(calls))
    first = runtime_python(lambda line: None)
    (first.parents[1] / "complete").unlink()
    (first.parents[1] / "leftover").write_text("")
    assert runtime_python(lambda line: None) == first
    assert len(calls) == 2
    assert not (first.parents[1] / "leftover").exists()


def test_a_failing_install_is_explained_and_leaves_nothing(own_cache, monkeypatch):
    monkeypatch.setattr(runtime, "REQUIREMENTS", (runtime.Requirement("no-such-thing", "none", "==0.0", 1),))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(IoFault, match="no-such-thing"):
        runtime_python(lambda line: None)
    assert list(own_cache.iterdir()) == []


def test_an_environment_whose_packages_do_not_import_is_not_kept(own_cache, monkeypatch):
    monkeypatch.setattr(runtime, "REQUIREMENTS", (runtime.Requirement("pip", "no_such_module", ">=0", 999),))
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # pip is there already
    with pytest.raises(IoFault, match="No module named 'no_such_module'"):
        runtime_python(lambda line: None)
    assert list(own_cache.iterdir()) == []


def test_this_interpreter_serves_when_it_has_everything(own_cache, monkeypatch):
    monkeypatch.setattr(runtime, "missing_here", lambda: [])
    if sys.version_info[:2] <= runtime.NEWEST:
        assert str(runtime_python()) == sys.executable
    monkeypatch.setattr(runtime, "NEWEST", (3, 9))
    with pytest.raises(IoFault, match="found no interpreter"):
        runtime_python()


def test_a_chosen_interpreter_is_taken_and_a_wrong_one_named(monkeypatch, tmp_path):
    monkeypatch.setenv("NEWOP_GEN_RUNTIME", sys.executable)
    assert str(runtime_python()) == sys.executable
    monkeypatch.setenv("NEWOP_GEN_RUNTIME", str(tmp_path / "python"))
    with pytest.raises(IoFault, match="names no interpreter"):
        runtime_python()


def test_interpreters_that_are_too_new_are_listed(monkeypatch):
    versions = {"/a/python3": (3, 13), "/b/python3.14": (3, 14), "/c/broken": None}
    monkeypatch.setattr(runtime, "_candidates", lambda: list(versions))
    monkeypatch.setattr(runtime, "_version_of", versions.__getitem__)
    with pytest.raises(IoFault) as fault:
        find_interpreter()
    assert "/a/python3 is 3.13; /b/python3.14 is 3.14" in str(fault.value)
    assert "3.10, 3.11 or 3.12" in str(fault.value)
    versions["/d/python3.12"] = (3, 12)
    assert find_interpreter() == ("/d/python3.12", (3, 12))


@pytest.mark.parametrize(
    ("name", "version", "met"),
    [
        ("numpy", "1.26.4", True),
        ("numpy", "2.0.0", False),
        ("numpy", "1.25.0", False),
        ("plotext", "5.3.2", True),
        ("plotext", "6.1.0", False),
        ("pyarrow", "25.0.1", True),
        ("pyarrow", "26.0.0", False),
    ],
)
def test_which_versions_serve(name, version, met):
    (requirement,) = [r for r in REQUIREMENTS if r.name == name]
    assert requirement.met_by(version) is met


def test_where_a_release_is_imported_from(tmp_path):
    checkout = tmp_path / "checkout"
    (checkout / "src/aiconfigurator/sdk").mkdir(parents=True)
    (checkout / "src/aiconfigurator/__init__.py").touch()
    assert import_roots(checkout) == [checkout / "src"]
    assert import_roots(checkout / "src") == [checkout / "src"]
    assert import_roots(checkout / "src/aiconfigurator") == [checkout / "src"]
    (checkout / "aic-core/src/aiconfigurator_core/sdk").mkdir(parents=True)
    assert import_roots(checkout) == [checkout / "src", checkout / "aic-core/src"]


def test_the_callers_python_settings_do_not_reach_a_release(tmp_path):
    base = {"PYTHONPATH": "/elsewhere", "PYTHONHOME": "/home", "PYTHONSTARTUP": "/x", "KEPT": "1"}
    environment = release_environment(tmp_path, base)
    assert environment["PYTHONPATH"] == str(tmp_path)
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    assert environment["KEPT"] == "1"
    assert not {"PYTHONHOME", "PYTHONSTARTUP"} & environment.keys()
