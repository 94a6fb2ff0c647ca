"""Whether a trust policy's quorum really needs several hierarchies; told from the file alone.

A hierarchy is a group that stands directly in the quorum's group: a province, the auditors, the
press. Whose a witness is, its key's name says: keys under one registered domain are one house's.
After the multi-perspective rule for certificates (CA/Browser Forum BR 3.2.2.9): five witnesses of
three hierarchies, of which four are asked for. Who commands a domain no file can say.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import Final

from mingma.ledger.policy import Group, Policy, Witness

WITNESSES: Final = 5
HIERARCHIES: Final = 3
QUORUM: Final = 4
# Words under a country's domain that are nobody's: hebei.gov.cn is a house, gov.cn is none.
_SHARED: Final = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
_COUNTRY: Final = 2  # letters


class Lack(StrEnum):
    """What a policy lacks. A closed list."""

    WITNESSES = "fewer than five witnesses count towards the quorum"
    HIERARCHIES = "fewer than three groups (hierarchies) stand in the quorum's group"
    QUORUM = "fewer than four witnesses are enough"
    ALONE = "the witnesses of one hierarchy are a quorum by themselves"
    UNGROUPED = "a witness stands in the quorum's group without a hierarchy of its own"
    ONE_HOUSE = "witnesses of two hierarchies have keys under one domain"
    OWN_HOUSE = "a witness's key stands under the domain of the log itself"


def lacks(policy: Policy) -> tuple[Lack, ...]:
    """What keeps the quorum from being that of independent witnesses; empty if nothing does."""
    tree = _Tree(policy)
    found = {
        Lack.WITNESSES: len(tree.witnesses(policy.quorum)) < WITNESSES,
        Lack.HIERARCHIES: len(tree.hierarchies) < HIERARCHIES,
        Lack.QUORUM: tree.least(policy.quorum, set()) < QUORUM,
        Lack.ALONE: any(tree.is_quorum(name) for name in tree.hierarchies),
        Lack.UNGROUPED: tree.ungrouped,
        Lack.ONE_HOUSE: tree.one_house(),
        Lack.OWN_HOUSE: tree.own_house(),
    }
    return tuple(lack for lack, is_lacking in found.items() if is_lacking)


def house(key_name: str) -> str:
    """The registered domain in a key's name, as far as a name tells it."""
    labels = key_name.split("/", 1)[0].lower().rstrip(".").split(".")
    shared = len(labels) > 2 and len(labels[-1]) == _COUNTRY and labels[-2] in _SHARED
    return ".".join(labels[-3:] if shared else labels[-2:])


class _Tree:
    """A policy's groups from the quorum down; each name stands in one group at most."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._groups: dict[str, Group] = {one.name: one for one in policy.groups}
        self._keys: dict[str, Witness] = {one.name: one for one in policy.witnesses}
        top = self._groups.get(policy.quorum)
        members = top.members if top else (policy.quorum,)
        self.hierarchies = [name for name in members if name in self._groups]
        self.ungrouped = any(name in self._keys for name in members)

    def witnesses(self, name: str) -> set[str]:
        """The key names below a group; a witness's two keys are one witness."""
        if name in self._keys:
            return {self._keys[name].key.name}
        group = self._groups.get(name)
        return set().union(*map(self.witnesses, group.members)) if group else set()

    def least(self, name: str, counted: set[str]) -> int:
        """How many witnesses are enough for a group: at least so many, never more."""
        if name in self._keys:
            key = self._keys[name].key
            fresh = key.name not in counted
            counted.add(key.name)
            return int(fresh)
        group = self._groups.get(name)
        if group is None:
            return 0
        return sum(sorted(self.least(one, counted) for one in group.members)[: group.needs])

    def is_quorum(self, hierarchy: str) -> bool:
        """Whether all the witnesses of one hierarchy meet the whole policy."""
        names = self.witnesses(hierarchy)
        return self._policy.is_met_by([w.key for w in self._keys.values() if w.key.name in names])

    def one_house(self) -> bool:
        """Whether a domain has witnesses in more than one hierarchy."""
        seats: dict[str, set[str]] = defaultdict(set)
        for hierarchy in self.hierarchies:
            for name in self.witnesses(hierarchy):
                seats[house(name)].add(hierarchy)
        return any(len(one) > 1 for one in seats.values())

    def own_house(self) -> bool:
        """Whether the log's own domain has a witness that counts."""
        own = {house(one.key.name) for one in self._policy.logs}
        return not own.isdisjoint(map(house, self.witnesses(self._policy.quorum)))
