"""`newop-gen cache`: what is in the tool's cache, and clearing it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..problems import Exit
from .output import counted, emit_json, error_line, say

if TYPE_CHECKING:
    from ..cached import Kept

SCHEMA = "newop-gen/cache/1"


@click.command("cache", short_help="Say what is in the tool's cache, or clear it.")
@click.option("--clear", is_flag=True, help="Take out all of it, or what --builds limits it to.")
@click.option("--builds", is_flag=True, help="Only compiled checkouts.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON (newop-gen/cache/1).")
def command(clear: bool, builds: bool, as_json: bool) -> int:
    """Say what is in the cache: compiled checkouts, released wheels and crates, environments to run them. All of it is
    downloaded or built again when it is needed. It lies in $NEWOP_GEN_CACHE, else in ~/.cache/newop-gen.

    Compiled checkouts that verify did not use for 14 days go by themselves, and so do the least recently used ones when
    all together are larger than 10 GB.

    \b
    Examples:
      newop-gen cache --builds
      newop-gen cache --builds --clear
      newop-gen cache --clear --json

    Exit codes: 0 done; 1 with --clear, something is in use and stays; 5 the cache can't be read.
    """
    from ..cached import clear as take_out
    from ..cached import kept
    from ..sandbox.cache import cache_dir

    chosen = [one for one in kept() if one.kind == "builds" or not builds]
    stays = take_out(chosen) if clear else []
    gone = [one for one in chosen if one not in stays] if clear else []
    if as_json:
        emit_json(_data(str(cache_dir()), stays if clear else chosen, gone))
    elif clear:
        say(f"{cache_dir()}: took out {counted(len(gone), 'thing')}, {in_bytes(sum(one.size for one in gone))}")
    else:
        _tell(str(cache_dir()), chosen)
    for one in stays:
        error_line(f"{one.path}: in use, or can't be removed: it stays", "warning")
    return Exit.FOUND if stays else Exit.DONE


def _tell(directory: str, chosen: Sequence[Kept]) -> None:
    from ..cached import ABOUT

    say(f"{directory}: {in_bytes(sum(one.size for one in chosen))}")
    for kind, about in ABOUT.items():
        some = [one for one in chosen if one.kind == kind]
        if not some:
            continue
        say("")
        say(f"{kind}, {about}: {in_bytes(sum(one.size for one in some))}")
        for one in some:
            used = f"  used {_day(one.used)}" if kind == "builds" else ""
            say(f"  {in_bytes(one.size):>8}  {one.of or one.name}{used}")


def in_bytes(size: int) -> str:
    """A size for people, in decimal units: "741 MB"."""
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if value >= 9.95 or unit == "B" else f"{value:.1f} {unit}"


def _day(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def _data(directory: str, there: Sequence[Kept], gone: Sequence[Kept]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "newop-gen", "version": __version__},
        "directory": directory,
        "bytes": sum(one.size for one in there),
        "kept": [_entry(one) for one in there],
        "removed": [_entry(one) for one in gone],
    }


def _entry(one: Kept) -> dict[str, Any]:
    used = datetime.datetime.fromtimestamp(one.used, datetime.timezone.utc)
    return {
        "kind": one.kind,
        "name": one.name,
        "path": str(one.path),
        "bytes": one.size,
        "used": used.isoformat(timespec="seconds"),
        "of": one.of or None,
    }
