"""Where packs stand: reads their folders into texts, and builds what the pure part makes of them.

Shipped packs lie in the wheel, or at the top of a source checkout. A folder's name is its id.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

from mingma.kernel.errors import Malformed, Place
from mingma.rules.guard import RuleRefused
from mingma.rules.pack import Pack, read_pack
from mingma.rules.strict import BadPack
from mingma.rules.yaml_text import NotYaml

NEVER_RED = "never-red.yaml"  # examples every pack must pass, beside the packs
LOCK = "editions.lock"  # the digests of published editions, beside the packs
_LOCKED = re.compile(r"(?P<pack>\S+) (?P<edition>[1-9][0-9]{0,3}) (?P<digest>[0-9a-f]{64})")
MAX_FILE = 1 << 20  # bytes of one pack file; the largest shipped one is far smaller


class NoSuchPack(Malformed):
    """No shipped pack has this id."""

    slug = "pack.unknown"
    zh = "没有规则包 `{value}`"
    en = "there is no pack `{value}`"
    remedy_zh = "可用:{known}"
    remedy_en = "the packs are: {known}"


def shelf() -> Path:
    """The folder of shipped packs."""
    here = Path(__file__).resolve()
    inside = here.parent / "packs"
    return inside if inside.is_dir() else here.parents[2] / "packs"


def pack_ids(folder: Path | None = None) -> list[str]:
    """Ids of the packs in a folder (default: the shipped ones), sorted."""
    return sorted(path.parent.name for path in (folder or shelf()).glob("*/pack.yaml"))


def pack_files(folder: Path) -> dict[str, str]:
    """Path below the pack's folder → text, of every YAML file; raises BadPack with that path."""
    files = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        if path.stat().st_size > MAX_FILE:
            raise BadPack(Place(name), why=f"the file is over {MAX_FILE} bytes")
        try:
            files[name] = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise BadPack(Place(name), why="the file is not UTF-8") from None
    return files


@cache
def load_pack(id: str, folder: Path | None = None) -> Pack:
    """The newest edition of a pack by id; raises NoSuchPack, BadPack, RuleRefused or NotYaml."""
    base = folder or shelf()
    if id not in pack_ids(base):
        raise NoSuchPack(Place(field="pack"), value=id, known=", ".join(pack_ids(base)))
    try:
        pack = read_pack(pack_files(base / id))
    except (BadPack, NotYaml, RuleRefused) as problem:  # its place is below the pack's folder
        place = replace(problem.place, file=f"{id}/{problem.place.file}")
        raise type(problem)(place, **problem.details) from None
    if pack.id != id:
        raise BadPack(Place(f"{id}/pack.yaml", field="pack"), why="a pack's folder is its id")
    return pack


def locked_editions(base: Path, id: str) -> list[str]:
    """What is wrong with a pack's lock: an edition, once published, stays as it was.

    `editions.lock` beside the packs has one line `pack edition digest` each, for every edition.
    """
    locked = _lock(base / LOCK, id)
    files = pack_files(base / id)
    newest = read_pack(files).edition
    wrong = []
    for edition in range(1, max(newest, *locked, 0) + 1):
        if edition > newest:
            wrong.append(f"edition {edition} was published and is gone")
            continue
        digest = read_pack(files, edition).digest
        if edition not in locked:
            wrong.append(f"edition {edition} is not in {LOCK} (digest {digest})")
        elif digest != locked[edition]:
            wrong.append(
                f"edition {edition} was changed after it was published; make a new edition"
            )
    return wrong


def _lock(path: Path, id: str) -> dict[int, str]:
    """The locked editions of a pack: number → digest; raises BadPack."""
    found: dict[int, str] = {}
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        form = _LOCKED.fullmatch(line)
        if form is None and line:
            raise BadPack(Place(str(path), number), why="a line is `pack edition digest`")
        if form is not None and form["pack"] == id:
            found[int(form["edition"])] = form["digest"]
    return found
