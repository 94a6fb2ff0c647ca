"""Whether a person is shielded from a finding, and whether she appealed lately.

For whoever proposes something about her: rejected evidence and its copies are dead for good,
whatever their id or source; for 14 days after an appeal was upheld or lapsed, a finding needs
evidence newer than that (P8, abuse cases Z3 and Z91). The clock is log time.
"""

from __future__ import annotations

from collections.abc import Collection

from mingma.appeals.appeal import fallen
from mingma.appeals.shield import is_appellant, is_shielded, likeness, shield_at
from mingma.evidence.model import Fact
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.kernel.times import Instant
from mingma.ports import Unit


def shielded(unit: Unit, subject: str, evidence: Collection[Fact], now: Instant) -> bool:
    """Whether this evidence may not ground a finding about the person.

    `evidence` is all that the finding would rest on, with the facts' ids as kept.
    """
    filed = own_appeals(unit, subject)
    if not filed:
        return False
    at = log_time(unit, now)
    dead = fallen(filed, at).keys()
    rejected = [one for one in unit.facts_of([subject])[subject] if one.id in dead] if dead else []
    likes = {likeness(one) for one in rejected}
    return is_shielded(evidence, shield_at(filed, at), dead, likes)


def appellant(unit: Unit, subject: str, now: Instant) -> bool:
    """Whether she appealed within 30 days: a finding about her needs the province's approval."""
    filed = own_appeals(unit, subject)
    return bool(filed) and is_appellant(filed, log_time(unit, now))
