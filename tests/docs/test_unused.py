"""Nothing stands in the package that nothing asks for: code, templates and the packaging are read for who does."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from pathlib import Path

from vulture import Vulture

import newop_gen
from newop_gen.resources import templates_dir

PACKAGE = Path(newop_gen.__file__).parent

# What is asked for by somebody whom vulture cannot read.
OUTSIDE = {
    "check_command", "add_command", "list_commands", "get_command", "callback",  # click
    "model_config",  # pydantic
    "newop",  # a key of specs, which says that they are some
    "title_justify",  # rich
    "exec_module", "urlopen", "__getattr__",  # an interpreter that is lent something
    "argtypes",  # ctypes
    "after_stack",  # a sort, by all fields of a tuple
    "get_cache_key", "load_bytecode", "dump_bytecode",  # Jinja
    "html",  # the Python API
    "schemas_dir", "watch",  # the tests: of what is packaged, of every call that changes a file system
}  # fmt: skip


def template_words(texts: Iterable[str]) -> str:
    """Python that asks for every name in the tags of Jinja templates."""
    tags = [tag for text in texts for tag in re.findall(r"\{[{%](.*?)[%}]\}", text, re.DOTALL)]
    names = {name for tag in tags for name in re.findall(r"[A-Za-z_]\w*", tag)}
    return "\n".join(f"_.{name}" for name in sorted(names) if not keyword.iskeyword(name))


def unused(texts: dict[str, str], templates: Iterable[str] = ()) -> list[str]:
    """Names that are defined in the modules (path -> text) and asked for nowhere, as `path: kind name`."""
    reader = Vulture()
    for path, text in texts.items():
        reader.scan(text, filename=path)
    reader.scan(template_words(templates), filename="templates")
    return [f"{item.filename}: {item.typ} {item.name}" for item in reader.get_unused_code() if item.name not in OUTSIDE]


def package() -> dict[str, str]:
    return {str(p.relative_to(PACKAGE)): p.read_text(encoding="utf-8") for p in sorted(PACKAGE.rglob("*.py"))}


def templates() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(templates_dir().rglob("*.j2"))]


def test_everything_is_asked_for() -> None:
    assert unused(package(), templates()) == []


def test_what_nobody_asks_for_is_found() -> None:
    module = (
        "def used(): ...\n\ndef left(): ...\n\nclass View:\n    @property\n    def shown(self): ...\n\nused(), View()\n"
    )
    assert unused({"m.py": module}) == ["m.py: function left", "m.py: property shown"]
    assert unused({"m.py": module}, ["{% if v.shown %}{% endif %}"]) == ["m.py: function left"]
