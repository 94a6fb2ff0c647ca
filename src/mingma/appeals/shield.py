"""The shield after a won appeal: rejected evidence is dead for good, older evidence for 14 days.

Dead is a fact under its id, and every copy of what it says: under another id, from another source,
recorded at another time. Within the shield a new finding needs evidence newer than the decision
that the person won, whoever brings it (abuse case Z3). Pure; `flows/shield` reads the appeals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from mingma.appeals.appeal import WON, Filed
from mingma.appeals.terms import APPELLANT, SHIELD, Asked
from mingma.evidence.model import Fact
from mingma.evidence.record import fact_to_stored
from mingma.kernel.times import Instant


@dataclass(frozen=True, slots=True)
class Shield:
    """A person's shield: since when, until when."""

    since: Instant
    until: Instant


def shield_at(filed: Iterable[Filed], instant: int) -> Shield | None:
    """The shield of the latest won appeal, if it holds."""
    won = [
        ended
        for one in filed
        if one.appeal.contested
        and one.appeal.asked != Asked.URGENT
        and one.state_at(instant) in WON
        and (ended := one.ended_at(instant)) is not None
    ]
    since = max(won, default=None)
    if since is None or instant >= since + SHIELD.seconds:
        return None
    return Shield(since, Instant(since + SHIELD.seconds))


def likeness(fact: Fact) -> bytes:
    """A digest of what one person's fact says, apart from id, sender, and when it was recorded.

    Apart from her reference, too: of two that are one person's, each may have a copy.
    """
    plain = msgspec.structs.replace(fact, id="", subject="", recorded_at=None, organ=None)
    return sha256(fact_to_stored(plain).encode()).digest()


def copies(facts: Collection[Fact], dead: Collection[str]) -> dict[str, str]:
    """The facts that say what a dead one says, each with the dead one's id."""
    likes = {likeness(one): one.id for one in facts if one.id in dead}
    if not likes:
        return {}
    return {
        one.id: likes[like]
        for one in facts
        if one.id not in dead and (like := likeness(one)) in likes
    }


def is_shielded(
    evidence: Collection[Fact],
    shield: Shield | None,
    dead: Collection[str],
    likes: Collection[bytes],
) -> bool:
    """Whether evidence may not ground a finding: any of it dead, or none of it new enough."""
    if any(one.id in dead or likeness(one) in likes for one in evidence):
        return True
    return shield is not None and not any(one.at > shield.since for one in evidence)


def is_appellant(filed: Iterable[Filed], instant: int) -> bool:
    """Whether a person appealed so recently that she is protected (Z91)."""
    return any(one.appeal.opened_at <= instant < one.appeal.opened_at + APPELLANT.seconds
               for one in filed)  # fmt: skip
