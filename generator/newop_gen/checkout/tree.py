"""Finding the package in whatever directory the user names, and reading its files once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ..problems import CheckoutRefused, Place, Problem
from .opened import source_of
from .places import Places
from .python import PythonSource
from .rust import RustSource
from .source import Source

MAX_TARGET_BYTES = 10 * 1024 * 1024
MAX_DATA_BYTES = 1 << 30


@dataclass
class Tree:
    """A checkout: `root` as the user named it, `places` where upstream's parts stand below it. Files are given relative
    to `root`, with `/`."""

    root: Path
    places: Places
    _sources: dict[str, Source | None] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Tree:
        """The checkout in `directory`; raises `CheckoutRefused` when there is no package of upstream's in it."""
        return cls(Path(os.path.realpath(directory)), Places.of(directory))

    def at(self, inside: str) -> str:
        """Path relative to the root of a path inside the package (`sdk/common.py`)."""
        return f"{self.places.package}/{inside}" if self.places.package else inside

    def exists(self, path: str) -> bool:
        return (self.root / path).exists()

    def content(self, path: str) -> bytes | None:
        """The bytes of a file that may be data; None when there is none, or a link or something else. Raises
        `CheckoutRefused` for one that is larger than any table."""
        full = self.root / path
        if not full.is_file() or full.is_symlink():
            return None
        if full.stat().st_size > MAX_DATA_BYTES:
            raise CheckoutRefused(
                Problem(Place(path), "the file is larger than 1 GiB", "a perf table", "", "target-size")
            )
        return full.read_bytes()

    def is_dir(self, path: str) -> bool:
        return (self.root / path).is_dir()

    def listdir(self, path: str) -> list[str]:
        """Names in a directory, sorted; empty when there is none. A name that is no text is nobody's whom this tool
        knows: nothing is looked for in it, and nothing put into it."""
        try:
            return sorted(name for name in os.listdir(self.root / path) if _is_text(name))
        except OSError:
            return []

    def source(self, path: str) -> Source | None:
        """The file at `path`, read once, as what its suffix says; None when there is no such file."""
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def python(self, path: str) -> PythonSource | None:
        """The Python file at `path`, as `source`."""
        source = self.source(path)
        assert source is None or isinstance(source, PythonSource), path
        return source

    def rust(self, path: str) -> RustSource | None:
        """The Rust file at `path`, as `source`."""
        source = self.source(path)
        assert source is None or isinstance(source, RustSource), path
        return source

    def _read(self, path: str) -> Source | None:
        full = self.root / path
        try:
            if not full.is_file():
                return None
            if full.stat().st_size > MAX_TARGET_BYTES:
                raise CheckoutRefused(
                    Problem(Place(path), "the file is larger than 10 MiB", "a source file", "", "target-size")
                )
            return source_of(path, full.read_bytes())
        except OSError as error:
            raise CheckoutRefused(
                Problem(Place(path), f"the file can't be read ({error.strerror})", "a readable file", "", "target-read")
            ) from None

    def text(self, path: str) -> str:
        """A file's text. Raises `CheckoutRefused` for none, one that is too large, or one that is no UTF-8."""
        source = self._read(path)
        if source is None:
            raise CheckoutRefused(Problem(Place(path), "there is no such file", "a file", "", "target-read"))
        try:
            return source.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            found = f"the byte 0x{source.data[error.start]:02x} is no UTF-8"
            raise CheckoutRefused(Problem(Place(path), found, "text in UTF-8", "", "target-read")) from None

    def document(self, path: str) -> object:
        """What a YAML file says: the one document in it, None for an empty one. Raises `CheckoutRefused` as `text`, and
        for what is no YAML or says what no value can be."""
        import yaml

        text = self.text(path)
        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            mark = getattr(error, "problem_mark", None)
            place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
            why = getattr(error, "problem", None) or (str(error).splitlines() or [type(error).__name__])[0]
            raise CheckoutRefused(
                Problem(place, f"the file can't be read as YAML ({why})", "a YAML document", "", "target-read")
            ) from None

    def sources(self) -> dict[str, bytes]:
        """Bytes of every file read so far: what a plan was made from."""
        return {path: source.data for path, source in self._sources.items() if source is not None}


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
