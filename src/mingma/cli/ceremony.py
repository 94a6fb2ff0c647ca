"""`mingma ceremony`: the first grants of an empty instance; `mingma yields`: what it all brought.

The ceremony's file is signed by founders of two organs (docs/formats/act.md); `--digest` prints
what their passkeys sign. Further grants come through the door that every act goes through.
"""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Any, Final

from mingma.cli.database import opened_instance
from mingma.evidence.lines import read_line
from mingma.flows.hold_ceremony import ceremony_digest, read_ceremony
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import print_instant

MAX_FILE: Final = 1_000_000  # bytes


class CeremonyUnreadable(Malformed):
    """A file of signatures that cannot be opened, is too large, or holds no object."""

    slug = "ceremony.unreadable"
    zh = "无法读取签名文件"
    en = "the file of signatures cannot be read"
    remedy_zh = "核对路径与权限"
    remedy_en = "check the path and its permissions"


def ceremony(*, file: Path, digest: bool = False, json: bool = False) -> int:
    """Hold the ceremony that a file describes, on an instance where nobody has a grant.

    Args:
        file: The ceremony, signed by its founders.
        digest: Print the digest that the founders sign, and change nothing.
        json: Print JSON.
    """
    said = read_object(file)
    if digest:
        print(ceremony_digest(said).hex())
        return 0
    with opened_instance() as instance:
        grants = list(instance.hold_ceremony(read_ceremony(said)))
    print(json_text.dumps({"grants": grants}) if json else "\n".join(grants))
    return 0


def yields(*, json: bool = False) -> int:
    """Reckon what each emergency in force has brought so far, and put it on public record.

    Args:
        json: Print JSON.
    """
    with opened_instance() as instance:
        found = instance.publish_yield()
    for one in found:
        row = {
            "emergency": one.emergency,
            "at": print_instant(one.at),
            "people": one.people,
            "person_days": one.person_days,
            "infections": one.infections,
            "person_days_each": one.days_each,
        }
        print(json_text.dumps(row) if json else _words(row))
    return 0


def _words(row: dict[str, Any]) -> str:
    each = "–" if row["person_days_each"] is None else row["person_days_each"]
    return (
        f"{row['emergency']}: {row['people']} people restricted, {row['person_days']} person-days,"
        f" {row['infections']} infections found, {each} person-days for each"
    )


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file that officers signed; raises CeremonyUnreadable."""
    try:
        if file.stat().st_size > MAX_FILE:
            raise CeremonyUnreadable(Place(str(file)))
        value = read_line(file.read_bytes())
    except OSError:
        raise CeremonyUnreadable(Place(str(file))) from None
    if not isinstance(value, dict):
        raise CeremonyUnreadable(Place(str(file)))
    return value
