"""Somebody known only by name and telephone, and what happens when it turns out who that is.

A provisional identity is a keyed hash of both, under a label of its own. A merge says “this is the
holder of that paper”, a split takes it back; both are records, neither rewrites a fact.
INVARIANT: at any instant a fact counts for exactly one person, and a record changes nothing before
its own instant. A fact keeps the subject it was recorded about, so it leaves with
the split; one recorded about the person on the strength of the merge is named by the split and
leaves too. Only a provisional identity is merged, and only into a person: no chains, no cycles.
Does not know who may merge (authority) nor what a fact says (evidence).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.people.names import read_name
from mingma.people.pseudonym import PersonRef, keyed_hash
from mingma.people.reach import Reach, read_reach

ProvisionalRef = NewType("ProvisionalRef", PersonRef)

_LABEL: Final = b"mingma/provisional/v1"
_LETTER: Final = "v"


@dataclass(frozen=True, slots=True, repr=False)
class NameAndReach:
    """All that is known of a provisional person. INVARIANT: built only by `read_provisional`."""

    name: str
    reach: Reach


def read_provisional(name: str, phone: str, path: str = "provisional") -> NameAndReach:
    """The normalised name and number; raises Malformed."""
    return NameAndReach(read_name(name, f"{path}.name"), read_reach(phone, f"{path}.phone"))


def provisional_ref(known: NameAndReach, key: bytes) -> ProvisionalRef:
    """The name of a provisional person; equal name and number give an equal one."""
    return ProvisionalRef(PersonRef(_LETTER + keyed_hash(key, _LABEL, known.name, known.reach)))


def is_provisional(ref: str) -> bool:
    """Whether a reference was made from a name and a telephone."""
    return ref.startswith(_LETTER)


class MergeReason(StrEnum):
    """How it became known who somebody is. A closed list: free text would tell of the person."""

    PAPER_SHOWN = "paper_shown"
    CONFIRMED_BY_CALL = "confirmed_by_call"
    FOUND_IN_REGISTER = "found_in_register"


class SplitReason(StrEnum):
    """Why two are not one after all."""

    ANOTHER_PERSON = "another_person"
    ENTERED_WRONGLY = "entered_wrongly"
    PERSON_OBJECTED = "person_objected"


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """From `at` on, what is recorded about `provisional` counts for `into`."""

    id: str
    provisional: ProvisionalRef
    into: PersonRef
    at: Instant
    organ: str
    reason: MergeReason


@dataclass(frozen=True, slots=True)
class Returned:
    """A fact recorded about the person while the merge stood, because of it."""

    fact: str
    subject: PersonRef
    recorded_at: Instant


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """From `at` on, the merge `of` stands no more, and the facts in `returned` leave with it."""

    id: str
    of: str
    at: Instant
    organ: str
    reason: SplitReason
    returned: tuple[Returned, ...] = ()


class MergeChain(Refused):
    """A merge of a person, or into a provisional identity or itself."""

    slug = "identity.merge_chain"
    zh = "只能把临时身份并入一个有证件的人,不得连环合并"
    en = "only a provisional identity is merged, and only into a person with a paper"
    remedy_zh = "请直接并入有证件的人"
    remedy_en = "merge it into the person with a paper directly"


class MergedAlready(Refused):
    """The provisional identity counts for somebody already."""

    slug = "identity.merged_already"
    zh = "该临时身份已并入他人(记录 `{merge}`)"
    en = "this provisional identity is merged already (record `{merge}`)"
    remedy_zh = "如有误,请先拆分"
    remedy_en = "if that was wrong, split it first"


class SplitBefore(Refused):
    """The same two were split: what a split has cleared does not come back."""

    slug = "identity.split_before"
    zh = "二者曾被认定不是同一人(记录 `{split}`),不得再次合并"
    en = "the two were found not to be one person (record `{split}`) and are not merged again"
    remedy_zh = "如确为本人,请以其证件另行登记事实"
    remedy_en = "if it is the person after all, record the facts anew under the paper"


class NoStandingMerge(Refused):
    """A split of a merge that does not exist or no longer stands."""

    slug = "identity.no_standing_merge"
    zh = "没有仍然有效的合并记录 `{merge}`"
    en = "there is no merge `{merge}` that still stands"
    remedy_zh = "请核对合并记录的编号"
    remedy_en = "check the id of the merge"


class NotOfThisMerge(Refused):
    """A fact named to leave with a split that did not come by its merge, or left before."""

    slug = "identity.not_of_this_merge"
    zh = "事实 `{fact}` 不是在合并期间记到此人名下的,或已随另一次拆分退回"
    en = "fact `{fact}` was not recorded about this person while the merge stood, or has left"
    remedy_zh = "只列合并期间因该合并记下的事实;其余请用撤回"
    remedy_en = "name only facts recorded because of this merge; withdraw others"


class RecordOutOfOrder(Refused):
    """A merge or split dated before one that is known: the past is not changed."""

    slug = "identity.out_of_order"
    zh = "合并或拆分不得早于已有记录,编号不得重复"
    en = "a merge or split is not dated before the last one, and its id is new"
    remedy_zh = "请以现在的时刻和新的编号登记"
    remedy_en = "record it at the present instant under a new id"


@dataclass(frozen=True, slots=True)
class Links:
    """The merges and splits around some people, in the order they were recorded.

    Holds every record of each provisional identity it names; asks nobody for more. Made for the
    handful of records around one person: each question reads them all.
    """

    records: tuple[MergeRecord | SplitRecord, ...] = ()

    def after(self, record: MergeRecord | SplitRecord) -> Links:
        """These links and one more; raises Refused where it may not be."""
        if self.records and record.at < self.records[-1].at:
            raise RecordOutOfOrder
        if any(known.id == record.id for known in self.records):
            raise RecordOutOfOrder
        if isinstance(record, MergeRecord):
            self._check_merge(record)
        else:
            self._check_split(record)
        return Links((*self.records, record))

    def person_of(self, ref: PersonRef, at: Instant) -> PersonRef:
        """Who a reference stands for at an instant."""
        for merge in self._standing(at):
            if merge.provisional == ref:
                return merge.into
        return ref

    def refs_of(self, person: PersonRef, at: Instant) -> frozenset[PersonRef]:
        """The references whose facts count for a person at an instant, unless returned."""
        merged = list(self._standing(at))
        if any(merge.provisional == person for merge in merged):
            return frozenset()
        return frozenset([person, *(m.provisional for m in merged if m.into == person)])

    def counts_for(self, fact: str, subject: PersonRef, at: Instant) -> PersonRef:
        """The one person a fact recorded about `subject` counts for at an instant."""
        return self.person_of(self._returned_to(fact, at) or subject, at)

    def _returned_to(self, fact: str, at: Instant) -> PersonRef | None:
        merges = {r.id: r for r in self.records if isinstance(r, MergeRecord)}
        for split in self._splits(at):
            if any(returned.fact == fact for returned in split.returned):
                return merges[split.of].provisional
        return None

    def _splits(self, at: Instant) -> Iterator[SplitRecord]:
        return (r for r in self.records if isinstance(r, SplitRecord) and r.at <= at)

    def _standing(self, at: Instant) -> Iterator[MergeRecord]:
        """The merges made at or before an instant and not split by then."""
        split = {record.of for record in self._splits(at)}
        for record in self.records:
            if isinstance(record, MergeRecord) and record.at <= at and record.id not in split:
                yield record

    def _check_merge(self, merge: MergeRecord) -> None:
        if not is_provisional(merge.provisional) or is_provisional(merge.into):
            raise MergeChain
        for standing in self._standing(merge.at):
            if standing.provisional == merge.provisional:
                raise MergedAlready(merge=standing.id)
        for split in self._splits(merge.at):
            parted = self._merge(split.of)
            if parted and (parted.provisional, parted.into) == (merge.provisional, merge.into):
                raise SplitBefore(split=split.id)

    def _check_split(self, split: SplitRecord) -> None:
        if split.of not in {standing.id for standing in self._standing(split.at)}:
            raise NoStandingMerge(merge=split.of)
        merge = self._merge(split.of)
        assert merge is not None  # it stands
        for place, fact in enumerate(split.returned):
            lies_within = merge.at <= fact.recorded_at <= split.at
            left = self._returned_to(fact.fact, split.at) is not None
            twice = any(fact.fact == other.fact for other in split.returned[:place])
            if fact.subject != merge.into or not lies_within or left or twice:
                raise NotOfThisMerge(fact=fact.fact)

    def _merge(self, id_: str) -> MergeRecord | None:
        found = (r for r in self.records if isinstance(r, MergeRecord) and r.id == id_)
        return next(found, None)


def links(records: Iterable[MergeRecord | SplitRecord]) -> Links:
    """The links that records make, each checked against those before it; raises Refused."""
    known = Links()
    for record in records:
        known = known.after(record)
    return known
