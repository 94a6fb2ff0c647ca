"""Whether a person is shielded from a finding, and whether she appealed lately.

For whoever proposes something about her: rejected evidence and its copies are dead for good,
whatever their id or source; for 14 days after an appeal was upheld or lapsed, a finding needs
evidence newer than that (P8, abuse cases Z3 and Z91). An appeal filed under a reference that was
merged into hers is hers. The clock is log time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mingma.appeals.appeal import Filed, fallen
from mingma.appeals.shield import is_appellant, is_shielded, likeness, shield_at
from mingma.evidence.model import Fact
from mingma.flows.log_time import log_time
from mingma.kernel.times import Instant
from mingma.ports import Unit


def shielded(
    unit: Unit,
    filed: Sequence[Filed],
    facts: Collection[Fact],
    evidence: Collection[Fact],
    now: Instant,
) -> bool:
    """Whether this evidence may not ground a finding about the person.

    `filed` are her appeals and `facts` what stands about her, under every reference of hers;
    `evidence` is all that the finding would rest on, with the facts' ids as kept.
    """
    if not filed:
        return False
    at = log_time(unit, now)
    dead = fallen(filed, at).keys()
    likes = {likeness(one) for one in facts if one.id in dead}
    return is_shielded(evidence, shield_at(filed, at), dead, likes)


def appellant(unit: Unit, filed: Sequence[Filed], now: Instant) -> bool:
    """Whether she appealed within 30 days: a finding about her needs the province's approval."""
    return bool(filed) and is_appellant(filed, log_time(unit, now))
