"""The packs an instance begins with are published too, once; later ones come by the open way only.

Outside a specimen the packs of the settings get a public leaf each on the instance's first day.
From then on a start with a pack whose digest was never published is refused: nobody changes the
rules by changing files (Z11). A changed pack is drafted and approved like any change.
"""

from __future__ import annotations

from collections.abc import Sequence

from mingma.flows.editions import PUBLISHED, editions
from mingma.flows.emergency import INSTANCE
from mingma.flows.index_hour import Acting
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Outgoing, Record
from mingma.rules.pack import Pack


class PackNeverPublished(Refused):
    """A start with rules that nobody could read before."""

    slug = "pack.never_published"
    zh = "规则包 `{pack}` 第 {edition} 版从未公布,不予启用"
    en = "edition {edition} of the pack `{pack}` was never published here, so it is not used"
    remedy_zh = "恢复已公布的规则包;变更须先起草公布(docs/guides/change-a-rule.md)"
    remedy_en = "put the published pack back; change it as docs/guides/change-a-rule.md says"


def must_be_published(unit: Unit, packs: Sequence[Pack]) -> None:
    """Raise PackNeverPublished for a pack that is none of those published here.

    Before the first publication there is nothing to hold them against.
    """
    known = {record.id for record in unit.records(PUBLISHED)}
    if not known:
        return
    known |= {one.pack_digest for one in editions(unit) if one.active_from is not None}
    for pack in packs:
        if pack.digest not in known:
            raise PackNeverPublished(Place(field="packs"), pack=pack.id, edition=pack.edition)


def keep_founding(acting: Acting, organ: str, packs: Sequence[Pack], now: Instant) -> int:
    """Publish the packs of the settings if nothing was published yet; returns how many."""
    with acting() as unit:
        if unit.last_record(PUBLISHED, "") is not None:
            return 0
        for pack in packs:
            body = canonical({"edition": pack.edition, "pack": pack.id})
            unit.add_record(Record(PUBLISHED, pack.digest, now, body))
            leaf = Leaf(
                kind=Kind.RULE_PUBLISH, organ=organ, digest=bytes.fromhex(pack.digest),
                rule=f"{pack.id}@{pack.edition}",
            )  # fmt: skip
            id = f"{INSTANCE}:{PUBLISHED}:{pack.digest}"
            unit.add_leaves([Outgoing(id, 0, leaf.unsealed(), now)])
    return len(packs)
