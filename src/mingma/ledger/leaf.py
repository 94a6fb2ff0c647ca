"""A leaf: one act, as the public log keeps it (docs/formats/leaf.md, with vectors).

Canonical JSON of at most 1,024 bytes; what would not print back the same is refused. An act's
transaction writes the *unsealed* leaf (all but the day) to the outbox; `seal` adds `t`, the day it
entered the log, because a leaf must not claim a day before anybody could see it.

INVARIANT: no field holds a name, a number of a person, or a hash of anything that can be guessed.
The words in `from` and `to` are opaque here: the log knows no colours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

from mingma.kernel.canonical import canonical
from mingma.ledger.leaf_values import DAY, WRITTEN_AS, unreadable, whole

VERSION: Final = 1
MAX_ENTRY: Final = 1024  # bytes of a sealed leaf: a bundle of 256 stays under 300 kB
SEALING_ADDS: Final = len(b'"t":"2022-06-14",')
LOG: Final = "log"  # the `what` of a `key.rotate` that ends the log
SIGNING: Final = frozenset({LOG, "issuer", "witness"})  # … of keys that two and an auditor agree to
PASSKEY: Final = "passkey"  # … of an officer's
PREVIOUS: Final = "previous_log"  # … and of the next log's first, which names the one before


class Kind(StrEnum):
    """What a leaf records. A closed list."""

    ENROL = "enrol"
    DECISION = "decision"
    FALL = "fall"
    ATTEMPT = "attempt"
    EMERGENCY_DECLARE = "emergency.declare"
    EMERGENCY_END = "emergency.end"
    MARK_PROPOSE = "mark.propose"
    MARK_APPROVE = "mark.approve"
    MARK_REVOKE = "mark.revoke"
    MARK_EXPIRE = "mark.expire"
    IMPORT_MARK = "import.mark"
    APPEAL_OPEN = "appeal.open"
    APPEAL_DECIDE = "appeal.decide"
    APPEAL_LAPSE = "appeal.lapse"
    RULE_PUBLISH = "rule.publish"
    RULE_APPROVE = "rule.approve"
    RULE_ACTIVATE = "rule.activate"
    RULE_WITHDRAW = "rule.withdraw"
    CASE_OPEN = "case.open"
    VIEW_RECORD = "view.record"
    ERASE_BATCH = "erase.batch"
    ORDER_MAKE = "order.make"
    ORDER_END = "order.end"
    BATCH_OPEN = "batch.open"
    ACT_OBJECT = "act.object"
    ERROR_FIND = "error.find"
    GRANT_GIVE = "grant.give"
    GRANT_END = "grant.end"
    ROSTER_PUT = "roster.put"
    # About the log itself: its index, its daily table, its policy, its keys.
    KEY_ROTATE = "key.rotate"
    TALLY_DAY = "tally.day"
    INDEX_HOUR = "index.hour"
    LOG_POLICY = "log.policy"
    LOSS_ACCEPT = "loss.accept"


_KINDS: Final = frozenset(kind.value for kind in Kind)

# Fields a kind must have | may have, beside `k` and `v`. A kind without a line is not open yet.
_LINES: Final[dict[Kind, tuple[str, str]]] = {
    Kind.ENROL: ("c o s", ""),
    Kind.DECISION: ("c from o s to", "a b g r u"),
    Kind.FALL: ("c from o s to", "a r"),
    Kind.ATTEMPT: ("c o", "a b g r s u"),
    Kind.EMERGENCY_DECLARE: ("h o until", "g r u"),
    Kind.EMERGENCY_END: ("a o", "g r u"),
    Kind.MARK_PROPOSE: ("c g o r s u", "b"),
    Kind.MARK_APPROVE: ("a c g o r s u", "b"),
    Kind.MARK_REVOKE: ("a c o s", "g r u"),
    Kind.MARK_EXPIRE: ("a c o s", "r"),
    Kind.IMPORT_MARK: ("c i l o s", "from r to"),
    Kind.APPEAL_OPEN: ("a c o s", ""),
    Kind.APPEAL_DECIDE: ("a c g o s u", "r"),
    Kind.APPEAL_LAPSE: ("a c o s", "what"),
    Kind.RULE_PUBLISH: ("h o r", "g u"),
    Kind.RULE_APPROVE: ("a g o r u", ""),
    Kind.RULE_ACTIVATE: ("a g o r u", "until"),
    Kind.RULE_WITHDRAW: ("a o r", "g u"),
    Kind.CASE_OPEN: ("c g o s u", ""),
    Kind.VIEW_RECORD: ("c n o", ""),
    Kind.ERASE_BATCH: ("n o r", "g u"),
    Kind.INDEX_HOUR: ("h i j n o", ""),
    Kind.TALLY_DAY: ("d h i j n o", ""),
    Kind.LOG_POLICY: ("clear grace h o", "g u"),
    Kind.KEY_ROTATE: ("h o what", "g l u"),
    Kind.LOSS_ACCEPT: ("h i j o", "g u"),
    Kind.ORDER_MAKE: ("a c g o s u", ""),
    Kind.ORDER_END: ("a c g o s u", ""),
    Kind.BATCH_OPEN: ("c g n o r u", ""),
    Kind.ACT_OBJECT: ("c o", ""),
    Kind.ERROR_FIND: ("o", "a"),
    Kind.GRANT_GIVE: ("c for o until what", "g u"),
    Kind.GRANT_END: ("a g o u", ""),
    Kind.ROSTER_PUT: ("c g n o u", ""),
}
_ALWAYS: Final = frozenset("kv")
_CODECS: Final = tuple(WRITTEN_AS.values())
_VALUES: Final = attrgetter(*WRITTEN_AS)
FIELDS: Final = {
    kind: (frozenset(must.split()), frozenset(must.split() + may.split()))
    for kind, (must, may) in _LINES.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What a leaf says, without the day of its seal. Built only if its kind allows it.

    `rule` is the leaf index of the rule's publication, or the rule's id before it has one.
    `answers` is the leaf this one is about: the proposal approved, the decision objected to.
    `index` and `end` together are a range of leaves [index, end), and `count` counts in it.
    """

    kind: Kind
    commitment: bytes | None = None  # c
    grant: int | None = None  # g
    organ: str | None = None  # o
    rule: int | str | None = None  # r
    tag: bytes | None = None  # s
    officer: bytes | None = None  # u
    answers: int | None = None  # a
    batch: int | None = None  # b
    before: str | None = None  # from
    after: str | None = None  # to
    digest: bytes | None = None  # h
    index: int | None = None  # i
    origin: str | None = None  # l
    count: int | None = None  # n
    until: int | None = None  # until, a day
    end: int | None = None  # j
    day: int | None = None  # d, a day
    grace: int | None = None  # grace, seconds
    clear: str | None = None  # clear
    what: str | None = None  # what: a key's kind, or the post of a grant
    receiver: str | None = None  # for: the organ that a grant is given to
    _unsealed: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in FIELDS:
            raise unreadable("kind_not_open", self.kind)
        needed, allowed = FIELDS[self.kind]
        found = self._object()
        written = found.keys() - _ALWAYS
        if not needed <= written <= allowed:
            for key in sorted(needed - written):
                raise unreadable("fields", f"`{self.kind}` needs `{key}`", key)
            for key in sorted(written - allowed):
                raise unreadable("fields", f"`{self.kind}` has no `{key}`", key)
        self._check_range()
        if self.what in (LOG, PREVIOUS) and self.origin is None:
            raise unreadable("fields", "the end or beginning of a log names the other, `l`", "l")
        object.__setattr__(self, "_unsealed", canonical(found))
        if len(self._unsealed) + SEALING_ADDS > MAX_ENTRY:
            raise unreadable("size", f"over {MAX_ENTRY} bytes")

    def _check_range(self) -> None:
        """A range does not end before it starts, and counts no more leaves than it has."""
        if self.end is None or self.index is None:
            return
        if not whole(self.index) or not whole(self.end):
            return  # refused when it is written
        size = self.end - self.index
        if size < 0:
            raise unreadable("value", "`j` is not before `i`", "j")
        count = self.count if whole(self.count) and self.count is not None else 0
        if count > size or (self.kind is Kind.TALLY_DAY and self.count != size):
            raise unreadable("value", "`n` does not fit the range", "n")

    def unsealed(self) -> bytes:
        """The bytes for the outbox: everything but `t`."""
        return self._unsealed

    def sealed(self, day: int) -> bytes:
        """The entry of the log: everything, with the day of the seal."""
        return canonical({**self._object(), "t": DAY.write(day, "t")})

    def _object(self) -> dict[str, object]:
        written: dict[str, object] = {"k": self.kind.value, "v": VERSION}
        for (key, codec), value in zip(_CODECS, _VALUES(self), strict=True):
            if value is not None:
                written[key] = codec.write(value, key)
        return written


def seal(unsealed: bytes, day: int) -> bytes:
    """The entry that an outbox leaf becomes on a day (kernel.times.day_of the seal)."""
    return parse_unsealed(unsealed).sealed(day)


def parse_unsealed(data: bytes) -> Leaf:
    """The leaf in outbox bytes; LeafUnreadable unless it prints back the same."""
    found = _object(data, MAX_ENTRY - SEALING_ADDS)
    leaf = _leaf(found)
    if leaf.unsealed() != data:
        raise unreadable("not_canonical", "does not print back the same")
    return leaf


def parse(entry: bytes) -> tuple[Leaf, int]:
    """The leaf in an entry and the day it was sealed; LeafUnreadable unless it prints the same."""
    found = _object(entry, MAX_ENTRY)
    if "t" not in found:
        raise unreadable("fields", "an entry needs `t`", "t")
    day: int = DAY.read(found.pop("t"), "t")
    leaf = _leaf(found)
    if leaf.sealed(day) != entry:
        raise unreadable("not_canonical", "does not print back the same")
    return leaf, day


def sealed_on(entry: bytes) -> int:
    """The day an entry says it was sealed, whatever else it says; raises LeafUnreadable."""
    day: int = DAY.read(_object(entry, MAX_ENTRY).get("t"), "t")
    return day


def _object(data: bytes, limit: int) -> dict[str, Any]:
    """The JSON object in the bytes, of a version and a kind that are known."""
    if len(data) > limit:
        raise unreadable("size", f"over {limit} bytes")
    try:
        found = json.loads(data.decode("ascii"), parse_float=_never, parse_constant=_never)
    except UnicodeDecodeError:
        raise unreadable("bytes", "not ASCII") from None
    except (ValueError, RecursionError):
        raise unreadable("json", "not JSON of whole numbers") from None
    if not isinstance(found, dict):
        raise unreadable("json", "not an object")
    if type(found.get("v")) is not int or found["v"] != VERSION:
        raise unreadable("version", "no version that is known here", "v")
    return found


def _leaf(found: dict[str, Any]) -> Leaf:
    """The leaf that an object with a known version describes."""
    del found["v"]
    word = found.pop("k", None)
    if not isinstance(word, str) or word not in _KINDS:
        raise unreadable("kind", "not on the closed list", "k")
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key not in _NAME_OF:
            raise unreadable("fields", "no such field", key)
        values[_NAME_OF[key]] = WRITTEN_AS[_NAME_OF[key]][1].read(value, key)
    return Leaf(kind=Kind(word), **values)


def _never(text: str) -> object:
    raise ValueError(text)


_NAME_OF: Final = {key: name for name, (key, _) in WRITTEN_AS.items()}
