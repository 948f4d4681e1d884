"""JSON documents that carry their own version and checksum: journals and receipts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

MAX_BYTES = 64 * 1024 * 1024


class Broken(ValueError):
    """The document is not one that this version can trust; the message says why."""


def seal(kind: str, version: int, body: dict[str, Any]) -> bytes:
    """`body` as a document of that kind and version, with the SHA-256 of everything in it."""
    document = {"kind": kind, "version": version, **body}
    return _dump({**document, "sha256": _digest(document)})


def unseal(kind: str, version: int, data: bytes) -> dict[str, Any]:
    """The body of a document. Raises `Broken` when it is cut short, altered, or of another kind or version."""
    if len(data) > MAX_BYTES:
        raise Broken("it is too large")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise Broken("it is not whole") from None
    if not isinstance(document, dict) or document.get("kind") != kind:
        raise Broken(f"it is not a {kind}")
    if document.get("version") != version:
        raise Broken(f"it has version {document.get('version')!r}, this program reads version {version}")
    said = document.pop("sha256", None)
    if said != _digest(document) or _dump({**document, "sha256": said}) != data:
        raise Broken("its checksum does not match")
    return document


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(_dump(document)).hexdigest()


def _dump(document: dict[str, Any]) -> bytes:
    # ASCII: a file name that is not UTF-8 travels as a lone surrogate escape.
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=True).encode() + b"\n"
