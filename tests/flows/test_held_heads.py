"""A stored head gets the log's own lines back, whoever seals meanwhile (see api/test_signer)."""

from __future__ import annotations

from pathlib import Path

from mingma.flows.full_head import Heads
from mingma.flows.held_heads import leave_seal
from mingma.flows.second_head import SecondHead
from mingma.ledger.note import Note, parse_note
from tests.instances import Stage, sample


class Overtaken(Heads):
    """Heads of an instance that seals once more while the first of them is made."""

    def __init__(self, scene: Stage) -> None:
        super().__init__(scene.instance.heads.keys)
        self.asked = 0
        self._scene = scene

    def of(self, head: bytes) -> bytes:
        note = self._scene.instance.heads.of(head)
        self.asked += 1
        if self.asked == 1:
            self._scene.send(sample(result="negative"))
        return note

    def _is_ours(self, _: Note) -> bool:
        raise AssertionError

    def _completed(self, _: Note) -> bytes:
        raise AssertionError


def test_a_head_that_was_overtaken_is_not_put_over_the_newer_one(
    scene: Stage, tmp_path: Path
) -> None:
    second, heads = SecondHead(tmp_path / "head"), Overtaken(scene)
    size = leave_seal(scene.instance.store, heads, second)
    assert (size, heads.asked) == (scene.instance.log.newest.size, 2)
    with scene.instance.store.read() as unit:
        stored = unit.head()
    assert stored[0] == size
    assert len(parse_note(stored[1]).signatures) == len(heads.keys)
    assert second.read().notes == {scene.instance.log.origin: stored[1]}
