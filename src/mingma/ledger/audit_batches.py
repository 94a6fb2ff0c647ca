"""What an opened batch covers: as many marks as it counts, of its own organ, rule and proposer.

The proposer's pseudonym is of one day, so no batch covers what is proposed on another. Whose
approval a batch needs cannot be seen here: `batch.open` is the proposer's leaf.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mingma.ledger.skim import Fields


@dataclass(frozen=True, slots=True)
class Maker:
    """Who proposed something, as leaves name it, and under which rule."""

    organ: bytes | None
    officer: bytes | None
    rule: bytes | None


class Batches:
    """The opened batches of a log so far, and how many marks each has covered."""

    def __init__(self) -> None:
        self._opened: dict[int, tuple[Maker, int]] = {}
        self._covered: Counter[int] = Counter()

    def open(self, index: int, fields: Fields) -> None:
        """Take a `batch.open`."""
        count = fields["n"]
        assert count is not None  # a leaf of this kind has it; `skim` refuses one without
        self._opened[index] = Maker(fields["o"], fields["u"], fields["r"]), int(count)

    def cover(self, batch: int, proposed: Maker) -> bool:
        """Whether a batch covers one more mark that was so proposed; if so it is counted."""
        maker, count = self._opened.get(batch, (None, 0))
        if proposed != maker or self._covered[batch] >= count:
            return False
        self._covered[batch] += 1
        return True
