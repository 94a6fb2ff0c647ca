"""A witness that cosigns no log run by a program it does not know.

A log says in a leaf which build runs (`publish_build`); a checkpoint has no room for it. So before
such a witness cosigns, it reads the leaves that are new, from the log's public files and proven
under the very head it is asked for. A build that its operator did not list stops the log's
cosignatures for good, until she lists it; files that are not there or do not hold, until they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mingma.flows.publish_build import BUILD
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import LogFiles, Read
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.witnessing import UnknownBuild

_SAID: Final = f'"what":"{BUILD}"'.encode()  # in every entry that names a build


@dataclass(slots=True)
class KnownBuilds:
    """The builds that are known, and where each log's public files are read."""

    builds: frozenset[bytes]
    logs: Mapping[str, Read]
    _read_to: dict[str, Checkpoint] = field(default_factory=dict)

    def must_be_known(self, start: int, head: Checkpoint) -> None:
        """Raise UnknownBuild if a leaf from `start` on names one; FilesDoNotHold, or Unavailable.

        A head read before and not cosigned is where it goes on, if this one continues it.
        """
        files = LogFiles(self.logs[head.origin], head)
        before = self._read_to.get(head.origin)
        if before and start < before.size <= head.size and files.root(before.size) == before.root:
            start = before.size
        for index, entry in enumerate(files.entries(start), start):
            if _SAID not in entry:
                continue
            leaf, _ = parse(entry)
            if leaf.kind is Kind.KEY_ROTATE and leaf.digest not in self.builds:
                raise UnknownBuild(index=index, build=(leaf.digest or b"").hex())
        self._read_to[head.origin] = head
