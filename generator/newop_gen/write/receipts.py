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
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import fs
from .errors import interrupted
from .paths import contained
from .sealed import Broken, seal, unseal
from .state import Home

KIND = "newop-gen receipt"
VERSION = 1
DIRECTORY = "receipts"
CONTEXT = 240  # bytes kept from either side of an insertion, to find it again after edits elsewhere

_OP = re.compile(r"[a-z][a-z0-9_]{1,47}")


@dataclass(frozen=True)
class Piece:
    """Bytes that an edit put into a file, what they replaced, and the bytes around them then.

    `offset` is where they began in the file as it was written. `once`: what it is for may be needed by several ops (a
    comma that a list lacked).
    """

    step: str
    offset: int
    text: bytes
    old: bytes
    left: bytes
    right: bytes
    once: bool = False


@dataclass(frozen=True)
class EditedFile:
    """A file of the checkout (relative to the base) with pieces, in the file's order; `after` is the SHA-256 of the
    whole file as this op's run left it."""

    path: str
    pieces: tuple[Piece, ...]
    after: str


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
                "edited": [
                    {"path": f.path, "after": f.after, "pieces": [_piece_out(p) for p in f.pieces]} for f in self.edited
                ],
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
            edited=tuple(
                EditedFile(_path(f["path"]), tuple(_piece_in(p) for p in f["pieces"]), str(f["after"]))
                for f in body["edited"]
            ),
            created=tuple(
                CreatedFile(_path(f["path"]), str(f["step"]), str(f["sha256"]), int(f["size"])) for f in body["created"]
            ),
            made=tuple(_path(p) for p in body["made"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
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
                data = fs.read(fd, name)
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


def piece(step: str, data: bytes, start: int, end: int, old: bytes, *, once: bool = False) -> Piece:
    """The piece `data[start:end]` of a file that holds `data`."""
    left, right = data[max(0, start - CONTEXT) : start], data[end : end + CONTEXT]
    return Piece(step, start, data[start:end], old, left, right, once)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _piece_out(p: Piece) -> dict[str, Any]:
    fields = {"text": p.text, "old": p.old, "left": p.left, "right": p.right}
    return {
        "step": p.step,
        "offset": p.offset,
        "once": p.once,
        **{k: base64.b64encode(v).decode("ascii") for k, v in fields.items()},
    }


def _piece_in(raw: Any) -> Piece:
    text, old, left, right = (base64.b64decode(raw[k], validate=True) for k in ("text", "old", "left", "right"))
    return Piece(str(raw["step"]), int(raw["offset"]), text, old, left, right, bool(raw["once"]))


def _path(raw: Any) -> str:
    if not isinstance(raw, str) or not contained(raw):
        raise Broken("it names a file outside the checkout")
    return raw
