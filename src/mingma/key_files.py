"""Key files: a secret is a file that only its owner reads (mode 0600); one that others can read is
refused. Written whole and durable, or not at all.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mingma.kernel.errors import Broken, Malformed, Place, Refused

MAX_KEY_FILE: Final = 65_536  # bytes
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class KeyTooOpen(Refused):
    """A secret key's file that others than its owner may read or write."""

    slug = "keys.too_open"
    zh = "密钥文件他人可读"
    en = "the key file can be read by others"
    remedy_zh = "请改为仅本人可读(chmod 600)并考虑更换密钥"
    remedy_en = "make it readable by its owner only (chmod 600), and consider a new key"


class KeyUnreadable(Malformed):
    """A file that cannot be opened, or holds no key of the kind that was asked for."""

    slug = "keys.unreadable"
    zh = "读不出密钥或证书"
    en = "no key or certificate could be read"
    remedy_zh = "请检查路径、权限与内容"
    remedy_en = "check the path, its permissions and its content"


class KeyNotWritten(Broken):
    """A new key could not be written so that it lasts; it was used for nothing."""

    slug = "keys.not_written"
    zh = "新密钥未能写入磁盘:{why}"
    en = "a new key could not be written to the disk: {why}"
    remedy_zh = "请检查磁盘与文件夹的权限后重新启动"
    remedy_en = "check the disk and the folder's permissions, and start again"


def secret(path: Path, make: Callable[[], bytes] | None) -> bytes:
    """The secret in a file; made first if there is none and `make` is given."""
    if make is not None and not path.exists():
        write_secret(path, make(), replace=False)
    data = read_key(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyTooOpen(Place(str(path)))
    return data


def write_secret(path: Path, data: bytes, *, replace: bool = True) -> None:
    """A file and folder that only their owner reads."""
    write_key(path, data, replace=replace, mode=0o600, folder_mode=0o700)


def publish(path: Path, data: bytes) -> None:
    """The public half of a key, whole: a crash may have left no file, or half of one."""
    if not path.exists() or read_key(path) != data:
        write_key(path, data, replace=True, mode=0o666, folder_mode=0o777)


def write_key(path: Path, data: bytes, *, replace: bool, mode: int, folder_mode: int) -> None:
    """Write beside, then rename or link: nobody ever reads half a key, and two makers agree.

    Durable before it is used: what a key signs may outlast a loss of power that the key does not.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _make_folder(path.parent, folder_mode)
        try:
            with os.fdopen(os.open(part, _NEW, mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                part.replace(path)
            else:
                os.link(part, path)
        except FileExistsError:
            pass  # another process made it first; its key is the one
        finally:
            part.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise KeyNotWritten(Place(str(path)), why=error.strerror) from error


def _make_folder(folder: Path, mode: int) -> None:
    """Make a folder, and those above it, durably."""
    if folder.is_dir():
        return
    _make_folder(folder.parent, mode)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_FILE)
    except OSError:
        raise KeyUnreadable(Place(str(path))) from None
