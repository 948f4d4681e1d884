"""Whatever directory the user names, the package is found; files are read once and within bounds."""

import os

import pytest

from newop_gen.checkout.tree import MAX_TARGET_BYTES, Tree
from newop_gen.problems import CheckoutRefused


@pytest.fixture
def package(tmp_path):
    package = tmp_path / "repo" / "src" / "aiconfigurator"
    (package / "sdk").mkdir(parents=True)
    (package / "__init__.py").write_bytes(b"")
    (package / "sdk" / "common.py").write_bytes(b"a = 1\n")
    return package


@pytest.mark.parametrize(
    "named, inside",
    [("../..", "src/aiconfigurator/"), ("..", "aiconfigurator/"), (".", "")],
)
def test_repository_source_root_and_package(package, named, inside, monkeypatch):
    tree = Tree.open(package / named)
    assert tree.at("sdk/common.py") == f"{inside}sdk/common.py"
    assert tree.python(tree.at("sdk/common.py")).data == b"a = 1\n"
    monkeypatch.chdir(package)
    assert (Tree.open(named).root, Tree.open(named).places) == (tree.root, tree.places)


@pytest.mark.parametrize("named", ["sdk", "nothing", "__init__.py"])
def test_other_places_are_refused(package, named):
    with pytest.raises(CheckoutRefused, match="no aiconfigurator package here"):
        Tree.open(os.path.join(package, named))


def test_a_package_of_another_name_is_not_it(package, tmp_path):
    other = tmp_path / "other"
    package.rename(other)
    with pytest.raises(CheckoutRefused):
        Tree.open(other)


def test_a_file_is_read_once(package):
    tree = Tree.open(package)
    first = tree.python("sdk/common.py")
    (package / "sdk" / "common.py").write_bytes(b"b = 1\n")
    assert tree.python("sdk/common.py") is first
    assert tree.python("sdk/none.py") is None
    assert tree.sources() == {"sdk/common.py": b"a = 1\n"}


def test_a_file_without_bounds_is_refused(package):
    with (package / "sdk" / "common.py").open("wb") as file:
        file.truncate(MAX_TARGET_BYTES + 1)
    with pytest.raises(CheckoutRefused, match="larger than 10 MiB"):
        Tree.open(package).python("sdk/common.py")


@pytest.mark.parametrize(
    "data, message",
    [
        (b"a = (\n", "common.py:1:5: the file does not parse"),
        (b"a = '\xff'\n", "does not parse"),
        (b"a = (\n# \xff\n1)\n", "common.py:2:3: the file does not parse"),
        (b"a\0b\n", "does not parse"),
        (b"a = 1\n\x1a", "does not parse"),
        ("a = 1\n".encode("utf-16"), "does not parse"),
        (b"if a:\n\tb\n        c\n", "does not parse"),
        (b"print 'hello'\n", "does not parse"),
        (b"# coding: no-such-codec\n", "does not parse"),
        (b"(" * 5000 + b")" * 5000, "does not parse"),
        (b"-" * 100_000 + b"1", "does not parse"),
        (b"a = 1\n<<<<<<< ours\n", "common.py:2:"),
    ],
)
def test_a_file_that_is_not_python_is_refused_with_its_place(package, data, message):
    (package / "sdk" / "common.py").write_bytes(data)
    with pytest.raises(CheckoutRefused, match=message):
        _ = Tree.open(package).python("sdk/common.py").tree


CODECS = [
    "rot13",
    "hex",
    "base64",
    "zlib_codec",
    "bz2",
    "uu",
    "quopri",
    "undefined",
    "utf_16",
    "punycode",
    "no_such_one",
]


@pytest.mark.parametrize("name", CODECS)
def test_a_cookie_that_names_no_encoding_of_such_a_file_is_refused(package, name):
    (package / "sdk" / "common.py").write_text(f"# coding: {name}\na = 1\n")
    tree = Tree.open(package)
    with pytest.raises(CheckoutRefused, match="does not parse"):
        assert tree.python(tree.at("sdk/common.py")).tree


def test_names_that_are_no_text_are_left_out(package):
    os.mkdir(os.fsencode(package) + b"/99.\xff")
    (package / "98").mkdir()
    assert Tree.open(package).listdir("") == ["98", "__init__.py", "sdk"]


def test_data_of_any_size_are_not_read_whole(package):
    (package / "table.txt").write_bytes(b"")
    os.truncate(package / "table.txt", 40 << 30)
    with pytest.raises(CheckoutRefused, match="larger than 1 GiB"):
        Tree.open(package).content("table.txt")


HOSTILE_YAML = {
    "deep": b"[" * 100_000,
    "nines": b"a: " + b"9" * 5_000,
    "date": b"a: 2024-13-45",
    "utf-16": "a: 1\n".encode("utf-16"),
    "tag": b"!!python/object/apply:os.getcwd []",
    "latin": b"a: \xe9",
    "two": b"a: 1\n---\nb: 2\n",
}


@pytest.mark.parametrize("name", HOSTILE_YAML)
def test_a_yaml_file_of_a_checkout_is_as_hostile_as_a_spec(package, name):
    (package / "system.yaml").write_bytes(HOSTILE_YAML[name])
    with pytest.raises(CheckoutRefused, match=r"system\.yaml"):
        Tree.open(package).document("system.yaml")


def test_a_yaml_file_is_read(package):
    (package / "system.yaml").write_bytes(b"a: {b: 1.5}\n")
    assert Tree.open(package).document("system.yaml") == {"a": {"b": 1.5}}
