"""What an opened batch covers: as many marks as it counts, of its own organ, proposer and rule.

The proposer's pseudonym is of one day, so no batch covers what is proposed on another. Whose
approval a batch needs cannot be seen here: `batch.open` is the proposer's leaf.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mingma.ledger.audit_found import there
from mingma.ledger.skim import Fields


@dataclass(frozen=True, slots=True)
class Maker:
    """Who proposed something, as its leaf names them, and under which rule."""

    organ: bytes
    officer: bytes
    rule: bytes


def maker_of(fields: Fields) -> Maker:
    """… of a proposal, or of a batch."""
    return Maker(there(fields["o"]), there(fields["u"]), there(fields["r"]))


class Batches:
    """Keeps the opened batches, and how many marks each has covered."""

    def __init__(self) -> None:
        self._opened: dict[int, tuple[Maker, int]] = {}
        self._covered: Counter[int] = Counter()

    def see(self, index: int, maker: Maker, count: int) -> None:
        """A batch is opened for so many marks."""
        self._opened[index] = maker, count

    def cover(self, batch: int, proposed: Maker) -> bool:
        """Whether a batch covers one more mark that was so proposed; if so it is counted."""
        maker, count = self._opened.get(batch, (None, 0))
        if proposed != maker or self._covered[batch] >= count:
            return False
        self._covered[batch] += 1
        return True
