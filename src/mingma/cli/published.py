"""A published log as a command believes it: its checkpoint, and its entries found whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mingma.cli.log_place import must_read, reader
from mingma.engines.fact_files import FileUnreadable
from mingma.flows.publish_log import CHECKPOINT, LANDMARKS
from mingma.kernel.errors import Place
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import Fault, FilesDoNotHold, LogFiles, Read, check_log
from mingma.ledger.landmarks import Landmarks, parse_landmarks
from mingma.ledger.leaf import parse
from mingma.ledger.note import Note, NoteNotTrusted, parse_key, parse_note
from mingma.ledger.policy import NoQuorum, Policy, parse_policy
from mingma.ledger.published import SameAgain, entries_of
from mingma.ledger.text import write_base64


@dataclass(frozen=True, slots=True)
class Published:
    """The entries of a public log, found whole."""

    entries: Sequence[bytes]

    def leaves(self) -> Iterator[tuple[int, Any, int]]:
        """(index, leaf, day) of every entry."""
        for index, entry in enumerate(self.entries):
            leaf, day = parse(entry)
            yield index, leaf, day


def published(
    place: str, policy: Path | None, key: str | None, before: Sequence[str] = ()
) -> Published:
    """The log in a folder or under an address; raises FilesDoNotHold where it is not whole."""
    read, head, fault = checked(place, policy, key, before)
    if fault is not None:
        raise FilesDoNotHold(path=fault.path, why=fault.why, index=fault.index)
    return Published(tuple(entries_of(read, head.size)))


def checked(
    place: str, policy: Path | None, key: str | None, before: Sequence[str]
) -> tuple[Read, Checkpoint, Fault | None]:
    """The files of a log that goes on from those `before`, its checkpoint, and what is not whole.

    Under a policy it continues what witnesses cosigned, too. Raises FileUnreadable where one of
    them is not there.
    """
    read = SameAgain(reader(place, before))
    head, cosigned = believed(place, read, policy, key)
    for one in before:
        published_note(one, reader(one))
    fault = check_log(read, head)
    if fault is None and cosigned is not None:
        fault = _not_continued(LogFiles(read, head), cosigned)
    return read, head, fault


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The heads of a log that witnesses cosigned, and the policy that says which to believe."""

    landmarks: Landmarks
    policy: Policy


def believed(
    place: str, read: Read, policy: Path | None, key: str | None
) -> tuple[Checkpoint, Cosigned | None]:
    """The published checkpoint, believed by a policy and a key where they are given.

    A checkpoint is published before witnesses see it; what they cosigned is in the landmarks, which
    the log must continue. They are read first: the checkpoint is then no older.
    """
    data = None if policy is None else read(LANDMARKS)
    note = parse_note(published_note(place, read))
    head = parse_checkpoint(note.text)
    if key is not None:
        _must_be_signed(note, key)
    if policy is None:
        return head, None
    trusted = parse_policy(must_read(policy))
    cosigned = None if data is None else Cosigned(_of_log(data, head.origin), trusted)
    try:
        trusted.verify(note)
    except NoQuorum as refused:
        if refused.details["why"] != "witnesses" or cosigned is None:
            raise
        if not cosigned.landmarks.verify(trusted):
            raise
    return head, cosigned


def _of_log(data: bytes, origin: str) -> Landmarks:
    """The landmarks of the log with this origin, and of its line; none of another's."""
    found = parse_landmarks(data)
    return found if any(head.origin == origin for head in found.heads) else Landmarks(())


def _not_continued(files: LogFiles, cosigned: Cosigned) -> Fault | None:
    """The first believed landmark that a log, found whole, does not continue."""
    for size, root in cosigned.landmarks.verify(cosigned.policy).items():
        if size > files.size or files.root(size) != root:
            return Fault(min(size, files.size + 1) - 1, LANDMARKS, "landmark")
    return None


def published_note(place: str, read: Read) -> bytes:
    """The bytes of the checkpoint of a published log; raises FileUnreadable."""
    data = read(CHECKPOINT)
    if data is None:
        raise FileUnreadable(Place(f"{place}/{CHECKPOINT}"), why="there is no such file")
    return data


def head_row(head: Checkpoint) -> dict[str, object]:
    """A head as an object."""
    return {"origin": head.origin, "size": head.size, "root": write_base64(head.root)}


def _must_be_signed(note: Note, text: str) -> None:
    """The log with these keys, one a line, and no other, signed the note with each as its own."""
    keys = [parse_key(line) for line in text.splitlines()] or [parse_key(text)]
    head, signed = verify_checkpoint(note, keys)
    if {one.key for one in signed} != set(keys) or any(key.name != head.origin for key in keys):
        raise NoteNotTrusted(why="no_known_key", name=head.origin)
