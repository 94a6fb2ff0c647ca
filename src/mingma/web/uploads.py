"""Uploaded lists between preview and import: in memory only, few, small, and soon forgotten.

An upload belongs to the visit that brought it and is named by its digest; nobody else finds it.
A line list holds numbers of people, so it is never written to a file here; while one over 1 MiB
is being received, the framework holds it in a file without a name.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import Final

from mingma.engines.sheets import MAX_BYTES, Sheet, read_sheet
from mingma.kernel.errors import Refused

KEPT_FOR: Final = 1800  # seconds: long enough to look a list over, short enough to forget it
MOST: Final = 16  # uploads at once
MOST_BYTES: Final = 4 * MAX_BYTES  # of all of them together


class UploadGone(Refused):
    """An upload that was forgotten, or that another visit brought."""

    slug = "upload.gone"
    status = 404
    zh = "这份文件已不在内存中(上传后保留 30 分钟)"
    en = "this file is no longer in memory; an upload is kept for 30 minutes"
    remedy_zh = "请重新上传"
    remedy_en = "upload it again"


@dataclass(slots=True)
class Upload:
    """One uploaded file; the sheet read last is kept beside it."""

    name: str
    data: bytes = field(repr=False)
    at: int
    _read: dict[str | None, Sheet] = field(default_factory=dict, repr=False)

    def sheet(self, wanted: str | None = None) -> Sheet:
        """The table in it, by the sheet's name; raises Malformed."""
        if wanted not in self._read:
            sheet = read_sheet(self.data, sheet=wanted, file=self.name)
            self._read = {wanted: sheet}
            return sheet
        return self._read[wanted]


class Uploads:
    """The uploads of all visits. Safe from several threads."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Upload] = {}
        self._lock = threading.Lock()

    def keep(self, visit: str, upload: Upload) -> str:
        """Keep an upload for a visit; returns the digest that names it."""
        digest = hashlib.sha256(upload.data).hexdigest()
        with self._lock:
            self._kept.pop((visit, digest), None)
            self._kept[visit, digest] = upload
            self._forget(upload.at)
        return digest

    def find(self, visit: str, digest: str, now: int) -> Upload:
        """A visit's own upload; raises UploadGone."""
        with self._lock:
            self._forget(now)
            found = self._kept.get((visit, digest))
        if found is None:
            raise UploadGone
        return found

    def drop(self, visit: str, digest: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._kept.pop((visit, digest), None)

    def _forget(self, now: int) -> None:
        """Forget what is old, and the oldest of what is too much; the newest one stays."""
        for key, upload in list(self._kept.items()):
            if upload.at + KEPT_FOR <= now:
                del self._kept[key]
        while len(self._kept) > 1 and (
            len(self._kept) > MOST or sum(len(u.data) for u in self._kept.values()) > MOST_BYTES
        ):
            del self._kept[next(iter(self._kept))]
