"""Where packs stand: reads their folders into texts, and builds what the pure part makes of them.

Shipped packs lie in the wheel, or at the top of a source checkout. A folder's name is its id.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mingma.kernel.errors import Malformed, Place
from mingma.rules.pack import Pack, read_pack
from mingma.rules.strict import BadPack

NEVER_RED = "never-red.yaml"  # examples every pack must pass, beside the packs
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
    """Path below the pack's folder → text, of every YAML file; raises BadPack."""
    files = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        if path.stat().st_size > MAX_FILE:
            raise BadPack(Place(str(path)), why=f"the file is over {MAX_FILE} bytes")
        try:
            files[name] = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise BadPack(Place(str(path)), why="the file is not UTF-8") from None
    return files


@cache
def load_pack(id: str, folder: Path | None = None) -> Pack:
    """The newest edition of a pack by id; raises NoSuchPack, BadPack, RuleRefused or NotYaml."""
    base = folder or shelf()
    if id not in pack_ids(base):
        raise NoSuchPack(Place(field="pack"), value=id, known=", ".join(pack_ids(base)))
    pack = read_pack(pack_files(base / id))
    if pack.id != id:
        raise BadPack(Place(f"{id}/pack.yaml", field="pack"), why="a pack's folder is its id")
    return pack


def locked_editions(base: Path, pack: Pack) -> list[str]:
    """What is wrong with the lock of published editions: an edition, once published, stays.

    `editions.lock` has one line `pack edition digest` each; a changed or missing one is named.
    """
    path = base / "editions.lock"
    lines = path.read_text("utf-8").split("\n") if path.exists() else []
    locked = {tuple(line.split()[:2]): line.split()[2] for line in lines if line.strip()}
    digest = locked.get((pack.id, str(pack.edition)))
    if digest is None:
        return [f"edition {pack.edition} is not in editions.lock (digest {pack.digest})"]
    if digest != pack.digest:
        return [f"edition {pack.edition} was changed after it was published; make a new edition"]
    return []
