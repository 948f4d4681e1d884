"""Receipts: what each op put into a checkout, exactly enough to take it out again.

A receipt is a memory, never an authority: what it says is compared with the files before anything is done, and a
checkout without receipts (a fresh clone) can do everything except name an op without its spec.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import fs, sealed
from .errors import interrupted
from .paths import contained
from .sealed import Broken, seal, unseal
from .state import Home

KIND = "newop-gen receipt"
VERSION = 1
DIRECTORY = "receipts"
_MAX_IMAGE = 64 * 1024 * 1024

_OP = re.compile(r"[a-z][a-z0-9_]{1,47}")


@dataclass(frozen=True)
class Piece:
    """Bytes that an edit put into a file, and what they replaced.

    `offset` is where they began in the file as it was written. `once`: what it is for may be needed by several ops (a
    comma that a list lacked).
    """

    step: str
    offset: int
    text: bytes
    old: bytes
    once: bool = False


@dataclass(frozen=True)
class EditedFile:
    """A file of the checkout (its path relative to the base) as an op's run left it, with the op's pieces in order."""

    path: str
    pieces: tuple[Piece, ...]
    image: bytes = field(repr=False)


@dataclass(frozen=True)
class CreatedFile:
    path: str
    step: str
    digest: str
    size: int


@dataclass(frozen=True)
class OpReceipt:
    """What one op put into a checkout. `spec` is the path of the spec as given, `spec_digest` the SHA-256 of its bytes
    ("" when the caller gave none); `made` are directories that were made for its files, outermost first."""

    op: str
    spec: str
    spec_digest: str
    tool: str
    layout: str
    edited: tuple[EditedFile, ...]
    created: tuple[CreatedFile, ...]
    made: tuple[str, ...] = ()

    @property
    def files(self) -> list[str]:
        return [f.path for f in self.edited] + [f.path for f in self.created]

    def dump(self) -> bytes:
        return seal(
            KIND,
            VERSION,
            {
                "op": self.op,
                "spec": self.spec,
                "spec_sha256": self.spec_digest,
                "tool": self.tool,
                "layout": self.layout,
                "edited": [_edited_out(f) for f in self.edited],
                "created": [{"path": f.path, "step": f.step, "sha256": f.digest, "size": f.size} for f in self.created],
                "made": list(self.made),
            },
        )


def load(data: bytes) -> OpReceipt:
    """A receipt from its bytes. Raises `Broken` unless every part is in order."""
    body = unseal(KIND, VERSION, data)
    try:
        if not _OP.fullmatch(body["op"]):
            raise Broken("it names no op")
        return OpReceipt(
            op=body["op"],
            spec=str(body["spec"]),
            spec_digest=str(body["spec_sha256"]),
            tool=str(body["tool"]),
            layout=str(body["layout"]),
            edited=tuple(_edited_in(f) for f in body["edited"]),
            created=tuple(
                CreatedFile(_path(f["path"]), str(f["step"]), str(f["sha256"]), int(f["size"])) for f in body["created"]
            ),
            made=tuple(_path(p) for p in body["made"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError, zlib.error) as error:
        if isinstance(error, Broken):
            raise
        raise Broken(f"it lacks a part ({error})") from None


def read_all(home: Home) -> dict[str, OpReceipt]:
    """All receipts of a checkout, by op. Raises `Interrupted` for one that can't be believed."""
    found = {}
    with home.open_state(DIRECTORY) as fd:
        names = sorted(os.listdir(fd)) if fd is not None else []
        for name in names:
            if not name.endswith(".json"):
                continue
            assert fd is not None
            try:
                data = fs.read(fd, name, sealed.MAX_BYTES)
                if data is None:
                    continue
                receipt = load(data[0])
                if f"{receipt.op}.json" != name:
                    raise Broken("it is another op's")
            except (Broken, OSError) as error:
                where = home.state / DIRECTORY / name
                raise interrupted(
                    str(where),
                    f"this receipt can't be used: {error}",
                    "move it away; `remove` then needs the op's spec instead of its name",
                    "receipt",
                ) from None
            found[receipt.op] = receipt
    return found


def install(home: Home, texts: Mapping[str, str | None]) -> None:
    """Bring receipts to the state that a journal names. Safe to repeat."""
    if not texts:
        return
    with home.open_state(DIRECTORY, create=any(text is not None for text in texts.values())) as fd:
        if fd is None:
            return
        for op, text in texts.items():
            name, fresh = f"{op}.json", f".{op}.new"
            if fs.exists(fd, fresh):  # from a run that was killed here
                fs.unlink(fd, fresh)
            if text is None:
                with contextlib.suppress(FileNotFoundError):
                    fs.unlink(fd, name)
                continue
            found = fs.read(fd, name)
            if found is None or found[0] != text.encode("ascii"):
                fs.create(fd, fresh, text.encode("ascii"), 0o600)
                fs.rename(fd, fresh, name)
        fs.sync(fd, DIRECTORY)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _edited_out(file: EditedFile) -> dict[str, Any]:
    pieces = [
        {"step": p.step, "offset": p.offset, "once": p.once, "text": _packed(p.text), "old": _packed(p.old)}
        for p in file.pieces
    ]
    return {"path": file.path, "pieces": pieces, "image": _packed(zlib.compress(file.image))}


def _edited_in(raw: Any) -> EditedFile:
    unpacking = zlib.decompressobj()
    image = unpacking.decompress(_unpacked(raw["image"]), _MAX_IMAGE)
    pieces = []
    for part in raw["pieces"]:
        text = _unpacked(part["text"])
        piece = Piece(str(part["step"]), int(part["offset"]), text, _unpacked(part["old"]), bool(part["once"]))
        if not unpacking.eof or image[piece.offset : piece.offset + len(text)] != text:
            raise Broken("an insertion in it is not where it says")
        pieces.append(piece)
    return EditedFile(_path(raw["path"]), tuple(pieces), image)


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unpacked(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _path(raw: Any) -> str:
    if not isinstance(raw, str) or not contained(raw):
        raise Broken("it names a file outside the checkout")
    return raw
