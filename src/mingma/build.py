"""Which build runs here: one digest over all files of the package, and whether it is as installed.

An installed wheel's RECORD has the SHA-256 of each file. At the start each is read again: one that
was changed, is missing, or stands there without being listed, starts nothing. Whoever can change a
file can change RECORD with it; then the build's id is another, and the id is public and a leaf of
the log, so that whoever builds the published source sees it (docs/guides/build.md).
*Not looked at*: the interpreter, other packages, bytecode caches, memory.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from mingma.kernel.errors import Broken, Place
from mingma.shelf import shelf

NAME: Final = "mingma"
PACKS: Final = f"{NAME}/packs"  # where a wheel has them; a checkout has them at its top
CACHES: Final = "__pycache__"
PACKAGE: Final = Path(__file__).resolve().parent
_BUILD: Final = b"mingma/build/1\0"

Digests = Mapping[str, bytes]  # a file's path in the wheel → its SHA-256


class BuildDiffers(Broken):
    """An installed package that is not what was installed. Nothing is decided by it."""

    slug = "build.differs"
    zh = "已安装的程序文件与安装记录不符:`{file}`"
    en = "an installed file is not the one that was installed: `{file}`"
    remedy_zh = "停止使用,保留现场,从公开源码重新构建安装,并与日志中的构建编号比对"
    remedy_en = "keep it for inquiry; install a build of the published source, and compare its id"


@cache
def this_build() -> bytes:
    """The id of the build that runs here, 32 bytes; read once, at the first question."""
    return build_id(digests(PACKAGE, shelf()))


def build_id(files: Digests) -> bytes:
    """SHA-256 of `mingma/build/1`, 00, and a line a file in order: path, 00, digest in hex."""
    lines = (f"{name}\0{files[name].hex()}\n".encode() for name in sorted(files))
    return sha256(_BUILD + b"".join(lines)).digest()


def digests(package: Path, packs: Path) -> Digests:
    """Every file of a package and its packs, caches left out."""
    found = _below(package, NAME)
    return found if packs.is_relative_to(package) else {**found, **_below(packs, PACKS)}


def recorded(installed: Distribution | None = None) -> Digests:
    """What RECORD says of the installed wheel's own files; empty for a checkout, which has none."""
    try:
        files = (installed or distribution(NAME)).files or ()
    except PackageNotFoundError:
        return {}
    found = {
        path.as_posix(): base64.urlsafe_b64decode(path.hash.value + "=")
        for path in files
        if path.parts[0] == NAME and path.hash is not None and CACHES not in path.parts
    }
    return found if f"{NAME}/__init__.py" in found else {}


def must_be_as_installed() -> None:
    """Raise BuildDiffers, with the first file that is not as RECORD says; a checkout has none."""
    said = recorded()
    if not said:
        return
    found = digests(PACKAGE, shelf())
    for name in sorted({*said, *found}):
        if said.get(name) != found.get(name):
            raise BuildDiffers(Place(name), file=name)


def _below(folder: Path, name: str) -> dict[str, bytes]:
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": sha256(path.read_bytes()).digest()
        for path in folder.rglob("*")
        if path.is_file() and CACHES not in path.parts
    }
