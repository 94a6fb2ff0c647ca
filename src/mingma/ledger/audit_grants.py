"""Granted powers: each covers one organ, the kinds of leaf that one post writes, and its days.

A registrar gives one to a post of another organ, until a day; `grant.end` ends it sooner. A leaf
that rests on it names it, so whoever reads both sees whether it covered the act.

Only the first ones rest on none, and the passkeys that came with them. They come of one ceremony,
which makes registrars: so it is over when a leaf rests on a power, and at the latest on the second
day after the first of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from mingma.ledger.audit_found import Findings, Wrong, there
from mingma.ledger.audit_references import References
from mingma.ledger.leaf import PASSKEY, SIGNING, Kind
from mingma.ledger.skim import Fields, day

SEALED_LATER: Final = 1  # days: an act of a power's last hour may wait past midnight for its seal


@dataclass(frozen=True, slots=True)
class _Given:
    """What the leaf of a grant says; `until` is its last day as written."""

    organ: bytes
    post: str
    until: bytes


class Grants:
    """Keeps what was given, and what has ended.

    `posts` says in which posts a kind of leaf is written.
    """

    def __init__(
        self, findings: Findings, references: References, posts: Mapping[Kind, Collection[str]]
    ) -> None:
        self._say = findings.say
        self._must_be = references.must_be
        self._posts = posts
        self._given: dict[int, _Given] = {}
        self._ended: set[int] = set()
        self._ceremony: int | None = None  # the day of the first one that rests on none
        self._used = False  # whether a leaf has rested on one

    def see_given(self, index: int, fields: Fields, today: int) -> None:
        """A power is given."""
        organ, post, until = (there(fields[key]) for key in ("for", "what", "until"))
        self._given[index] = given = _Given(organ, post.decode(), until)
        if fields["g"] is None and not self._is_of_the_ceremony(given, today):
            self._say(index, Wrong.GRANT_WITHOUT_GIVER, what=given.post)

    def _is_of_the_ceremony(self, given: _Given, today: int) -> bool:
        """Whether a power may rest on none."""
        if self._ceremony is None:
            self._ceremony = today
        gives = given.post in self._posts.get(Kind.GRANT_GIVE, (given.post,))
        return gives and not self._is_over(today)

    def _is_over(self, today: int) -> bool:
        """Whether the ceremony was held, and nothing more is of it."""
        over = self._ceremony is not None and today > self._ceremony + SEALED_LATER
        return over or self._used

    def see_end(self, index: int, fields: Fields) -> None:
        """… and ends."""
        self._ended.add(int(there(fields["a"])))

    def see_key(self, index: int, fields: Fields, today: int) -> None:
        """Once powers are given, neither a key that signs nor an officer's is one operator's."""
        what = there(fields["what"]).decode()
        alone = self._given if what in SIGNING else what == PASSKEY and self._is_over(today)
        if alone and fields["g"] is None:
            self._say(index, Wrong.KEY_ALONE, what=what)

    def check(self, index: int, kind: Kind, fields: Fields, today: int) -> None:
        """A leaf names the power it rests on."""
        grant = int(there(fields["g"]))
        if not self._must_be(index, grant, (Kind.GRANT_GIVE,)):
            return
        self._used = True
        given = self._given[grant]
        if grant in self._ended:
            self._say(index, Wrong.GRANT_ENDED, grant)
        if today > day(given.until) + SEALED_LATER:
            self._say(index, Wrong.GRANT_OVER, grant, f"until {given.until.decode()}")
        if fields["o"] != given.organ:
            self._say(index, Wrong.GRANT_OTHER_ORGAN, grant, given.organ.decode())
        if given.post not in self._posts.get(kind, (given.post,)):
            self._say(index, Wrong.GRANT_OTHER_POST, grant, given.post)
