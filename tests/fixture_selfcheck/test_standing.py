"""The checkout that compiled releases stand in: made what a test wants by writing only what differs."""

from __future__ import annotations

from support.standing import same


def put(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_only_what_differs_is_written(tmp_path) -> None:
    wanted, root = tmp_path / "wanted", tmp_path / "root"
    put(wanted, a="1", sub__b="2", sub__c="3")
    assert same(wanted, root) == ["a", "sub/b", "sub/c"]
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert same(wanted, root) == []
    put(wanted, a="changed")
    (wanted / "sub/c").unlink()
    put(root, left__over="x")
    assert sorted(same(wanted, root)) == ["a", "left", "left/over", "sub/c"]
    assert (root / "a").read_text() == "changed"
    assert sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()) == ["a", "sub/b"]
    assert (root / "sub/b").stat().st_mtime_ns == before[root / "sub/b"]


def test_a_file_where_a_folder_is_wanted_gives_way(tmp_path) -> None:
    wanted, root = tmp_path / "wanted", tmp_path / "root"
    put(wanted, a__b="1")
    put(root, a="file")
    same(wanted, root)
    assert (root / "a/b").read_text() == "1"
