"""The log of a year ends with a leaf that names the next, and the next goes on in the same tree.

Controls broken to see these fail: where the last leaf is looked at and where it is sealed, the
origin and the keys that it names, whose head is followed, and the keys after a hand-over refused.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.flows.offices import Signed
from mingma.flows.publish_policy import POLICY, keep_policy, publish_policy
from mingma.flows.rotate_log_key import LeavesWait, NotANewOrigin, end_log, go_on
from mingma.flows.seal import Log
from mingma.flows.signed_tree import LogHasEnded
from mingma.flows.stored_head import HeadBroken, earlier_logs, stored_head
from mingma.keys import log_keys
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.note import parse_note
from mingma.ledger.policy import PolicyUnreadable
from mingma.ledger.succession import (
    SuccessionBroken,
    keys_in,
    verify_beginning,
    verify_line,
    verify_succession,
)
from mingma.ledger.tree import verify_consistency
from mingma.ports import Store, Unit
from mingma.records import Outgoing, Stale
from tests.flows.logs import fill
from tests.instances import NOW, Stage, contact

NEXT = "ledger.specimen.example/codes/2023"


def published(folder: Path, origin: str = NEXT) -> str:
    log_keys(folder, origin)
    return (folder / "log.vkey").read_text("utf-8")


def ended(store: Store, log: Log, vkey: str) -> None:
    with store.write() as unit:
        end_log(unit, Signed("o"), vkey, NOW)
    log.seal_all(NOW)


def turned(store: Store, log: Log, folder: Path, origin: str = NEXT) -> Log:
    """The log ended and handed on; the next one as another process opens it."""
    ended(store, log, published(folder, origin))
    go_on(store, log, log_keys(folder, origin), "o", NOW)
    return Log(store, *log_keys(folder, origin))


def last_leaf(unit: Unit) -> bytes:
    size, _ = unit.head()
    (entry,) = unit.leaves(size - 1, size)
    return entry


def test_a_log_goes_on_year_after_year_in_an_unbroken_line(scene: Stage, tmp_path: Path) -> None:
    store, log = scene.instance.store, scene.instance.log
    origins, steps = [scene.instance.settings.origin], []
    for year in (2023, 2024, 2025):
        origin, keys = f"ledger.specimen.example/codes/{year}", tmp_path / f"k{year}"
        # (1) The log of a year ends.
        vkey = published(keys, origin)
        ended(store, log, vkey)
        with store.read() as unit:
            size, head = unit.head()
            _, final = stored_head(head, size)
            steps.append((last_leaf(unit), size - 1, size, vkey))
        assert final.origin == origins[-1]
        # (2) The next one goes on from it, in the same tree.
        go_on(store, log, log_keys(keys, origin), "o", NOW)
        log = Log(store, *log_keys(keys, origin))
        with store.read() as unit:
            verify_beginning(last_leaf(unit), size, final)
            assert [one.origin for one in earlier_logs(unit)] == origins
        fill(store, 5, 5 * year)
        assert log.seal_all(NOW) == 5
        with store.read() as unit:
            grown, head = unit.head()
        signed, _ = verify_checkpoint(parse_note(head), keys_in(vkey))
        assert (signed.origin, signed.size) == (origin, size + 6)
        assert grown == size + 6
        proof = log.tree.consistency_proof(size, grown)
        verify_consistency(size, final.root, grown, signed.root, proof)
        origins.append(origin)
    assert verify_line(steps, origins[0]) == origins


def test_nothing_is_sealed_after_the_leaf_that_ends_a_log(scene: Stage, tmp_path: Path) -> None:
    store, log = scene.instance.store, scene.instance.log
    ended(store, log, published(tmp_path / "next"))
    with store.read() as unit:
        size, _ = unit.head()
    # (1) An act, whose leaf would be sealed with it: nothing of it is kept.
    for _ in range(2):
        with pytest.raises(LogHasEnded, match=NEXT):
            scene.send(contact("late"))
    # (2) A leaf that waits, as where there are many writers: it goes on waiting.
    fill(store, 1)
    for one in (log, Log(store, *log_keys(tmp_path / "keys", log.origin))):
        with pytest.raises(LogHasEnded):
            one.seal_all(NOW)
    with store.read() as unit:
        assert (unit.head()[0], unit.waiting()) == (size, 1)
        assert unit.people(["p-ann"]) == {}
    # (3) The next log takes it.
    go_on(store, log, log_keys(tmp_path / "next", NEXT), "o", NOW)
    assert log.seal_all(NOW) == 1
    with store.read() as unit:
        assert (unit.head()[0], unit.waiting()) == (size + 2, 0)


def test_of_what_is_sealed_together_the_leaf_that_ends_the_log_is_last(
    scene: Stage, tmp_path: Path
) -> None:
    store, log, vkey = scene.instance.store, scene.instance.log, published(tmp_path / "next")
    with store.write() as unit:
        end_log(unit, Signed("o"), vkey, NOW)
    fill(store, 30)  # of other processes, which did not know
    assert log.seal_all(NOW) == 31
    with store.read() as unit:
        size, _ = unit.head()
        assert verify_succession(last_leaf(unit), size - 1, size, vkey) == NEXT


def test_who_has_only_the_keys_of_the_log_that_ended_signs_nothing_more(
    scene: Stage, tmp_path: Path
) -> None:
    store, log = scene.instance.store, scene.instance.log
    other = Log(store, *log_keys(tmp_path / "keys", log.origin))  # another process of the service
    turned(store, log, tmp_path / "next")
    fill(store, 1)
    with pytest.raises(LogHasEnded):
        other.seal_all(NOW)
    with pytest.raises(LogHasEnded):
        Log(store, *log_keys(tmp_path / "keys", other.origin))
    with pytest.raises(HeadBroken, match="origin"):
        Log(store, *log_keys(tmp_path / "third", "ledger.third.example/codes"))


def lost_the_race(*_: object) -> None:
    raise Stale(what="the log")


def test_a_log_is_handed_over_only_to_the_keys_that_its_last_leaf_names(
    scene: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, log = scene.instance.store, scene.instance.log
    next_keys = published(tmp_path / "next")
    before = log.newest
    with pytest.raises(HeadBroken, match="origin"):  # it has not ended
        go_on(store, log, log_keys(tmp_path / "next", NEXT), "o", NOW)
    ended(store, log, next_keys)
    for name, origin in (("others", NEXT), ("next", "ledger.third.example/codes")):
        with pytest.raises(LogHasEnded):
            go_on(store, log, log_keys(tmp_path / name, origin), "o", NOW)
    first = Outgoing("instance:begin", 0, Leaf(
        kind=Kind.KEY_ROTATE, organ="o", what="previous_log", origin="x", digest=b"h" * 32
    ).unsealed(), NOW)  # fmt: skip
    with pytest.raises(HeadBroken, match="origin"):
        log.hand_over(log_keys(tmp_path / "third", "ledger.third.example/codes"), first, NOW)
    with monkeypatch.context() as broken:
        broken.setattr(log._signed, "append", lost_the_race)
        with pytest.raises(Stale):
            go_on(store, log, log_keys(tmp_path / "next", NEXT), "o", NOW)
    # What was tried left the log as it was: with its own keys, at its end.
    assert log.origin == scene.instance.settings.origin
    assert log.newest.size == before.size + 1
    with store.read() as unit:
        assert earlier_logs(unit) == []
    go_on(store, log, log_keys(tmp_path / "next", NEXT), "o", NOW)
    assert log.newest.size == before.size + 2


def test_a_log_that_goes_on_after_its_end_is_seen(scene: Stage, tmp_path: Path) -> None:
    vkey = published(tmp_path / "next")
    ended(scene.instance.store, scene.instance.log, vkey)
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        entry = last_leaf(unit)
    with pytest.raises(SuccessionBroken, match="last"):
        verify_succession(entry, size - 1, size + 1, vkey)


def test_a_log_does_not_end_before_leaves_that_wait_and_not_twice(
    scene: Stage, tmp_path: Path
) -> None:
    vkey = published(tmp_path / "next")
    fill(scene.instance.store, 2)
    with pytest.raises(LeavesWait), scene.instance.store.write() as unit:
        end_log(unit, Signed("o"), vkey, NOW)
    scene.instance.seal()
    ended(scene.instance.store, scene.instance.log, vkey)
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
    # The same once more writes nothing; others are refused.
    ended(scene.instance.store, scene.instance.log, vkey)
    with scene.instance.store.read() as unit:
        assert (unit.head()[0], unit.waiting()) == (size, 0)
    with pytest.raises(LogHasEnded), scene.instance.store.write() as unit:
        end_log(unit, Signed("o"), published(tmp_path / "other"), NOW)


def test_a_log_is_not_handed_on_to_itself_or_to_two_or_to_one_that_was(
    scene: Stage, tmp_path: Path
) -> None:
    store, origin = scene.instance.store, scene.instance.settings.origin
    own, other = published(tmp_path / "own", origin), published(tmp_path / "other")
    for keys in (own, own + other, other + published(tmp_path / "third", "third.example/codes")):
        with pytest.raises(NotANewOrigin), store.write() as unit:
            end_log(unit, Signed("o"), keys, NOW)
    with pytest.raises(SuccessionBroken), store.write() as unit:
        end_log(unit, Signed("o"), "no key\n", NOW)
    turned(store, scene.instance.log, tmp_path / "next")
    with pytest.raises(NotANewOrigin), store.write() as unit:
        end_log(unit, Signed("o"), own, NOW)


# -- the policy


def test_a_policy_is_published_once_and_again_when_it_changes(scene: Stage, tmp_path: Path) -> None:
    file = f"log {published(tmp_path / 'p').splitlines()[0]} https://log.example\nquorum none\n"
    for policy, grace, wanted in [
        (file, 600, True), (file, 600, False), (file, 300, True), ("# 2\n" + file, 300, True),
        (file, 600, True),
    ]:  # fmt: skip
        with scene.instance.acting() as unit:
            assert publish_policy(unit, "o", policy.encode(), grace, NOW) is wanted
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        found = [parse(entry)[0] for entry in unit.leaves(0, size)]
        assert len(unit.records(POLICY)) == 4
    said = [(leaf.grace, leaf.clear) for leaf in found if leaf.kind is Kind.LOG_POLICY]
    assert said == [(grace, "prefecture") for grace in (600, 300, 300, 600)]
    with pytest.raises(PolicyUnreadable), scene.instance.acting() as unit:
        publish_policy(unit, "o", b"log\n", 600, NOW)
    assert not keep_policy(scene.instance.acting, "o", b"", NOW)
    assert keep_policy(scene.instance.acting, "o", ("# 3\n" + file).encode(), NOW)
