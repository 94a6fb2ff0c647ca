"""The log of a year ends with a leaf that names the next, and the next one opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.flows.publish_policy import POLICY, keep_policy, publish_policy
from mingma.flows.rotate_log_key import (
    LeavesWait,
    LogHasEnded,
    NotANewOrigin,
    end_log,
    refuse_ended,
    replace_key,
)
from mingma.flows.seal import Log
from mingma.keys import log_keys
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.leaf import Kind, LeafUnreadable, parse
from mingma.ledger.note import parse_note
from mingma.ledger.policy import PolicyUnreadable
from mingma.ledger.succession import SuccessionBroken, keys_in, verify_line, verify_succession
from mingma.ports import AlreadyThere
from mingma.storage.memory import MemoryStore
from tests.flows.logs import fill
from tests.instances import NOW, Stage

NEXT = "ledger.specimen.example/codes/2023"


def published(folder: Path, origin: str = NEXT) -> str:
    log_keys(folder, origin)
    return (folder / "log.vkey").read_text("utf-8")


def test_the_log_ends_and_the_next_one_opens_from_it(scene: Stage, tmp_path: Path) -> None:
    instance = scene.instance
    origins, steps = [instance.settings.origin], []
    store, log, keys = instance.store, instance.log, tmp_path / "k0"
    for year in (2023, 2024, 2025):
        origin, keys = f"ledger.specimen.example/codes/{year}", tmp_path / f"k{year}"
        vkey = published(keys, origin)
        # (1) The log of a year ends.
        with store.write() as unit:
            end_log(unit, "o", origins[-1], vkey, NOW)
        log.seal_all(NOW)
        with store.read() as unit:
            size, head = unit.head()
            (entry,) = unit.leaves(size - 1, size)
            with pytest.raises(LogHasEnded):
                refuse_ended(unit)
        steps.append((entry, size - 1, size, vkey))
        # (2) The next one opens, empty, under the keys that were named.
        store = MemoryStore()
        log = Log(store, *log_keys(keys, origin))
        log.begin()
        fill(store, 5)
        log.seal_all(NOW)
        with store.read() as unit:
            size, head = unit.head()
        signed, _ = verify_checkpoint(parse_note(head), keys_in(vkey))
        assert (signed.origin, signed.size) == (origin, 5)
        origins.append(origin)
    assert verify_line(steps, origins[0]) == origins


def test_a_log_that_goes_on_after_its_end_is_seen(scene: Stage, tmp_path: Path) -> None:
    vkey = published(tmp_path / "next")
    with scene.instance.store.write() as unit:
        end_log(unit, "o", scene.instance.settings.origin, vkey, NOW)
    scene.instance.seal()
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        (entry,) = unit.leaves(size - 1, size)
    fill(scene.instance.store, 1)
    scene.instance.seal()
    with pytest.raises(SuccessionBroken, match="last"):
        verify_succession(entry, size - 1, size + 1, vkey)


def test_a_log_does_not_end_before_leaves_that_wait_and_not_twice(
    scene: Stage, tmp_path: Path
) -> None:
    vkey, origin = published(tmp_path / "next"), scene.instance.settings.origin
    fill(scene.instance.store, 2)
    with pytest.raises(LeavesWait), scene.instance.store.write() as unit:
        end_log(unit, "o", origin, vkey, NOW)
    scene.instance.seal()
    with scene.instance.store.write() as unit:
        end_log(unit, "o", origin, vkey, NOW)
    scene.instance.seal()
    with pytest.raises(LogHasEnded), scene.instance.store.write() as unit:
        end_log(unit, "o", origin, vkey, NOW)


def test_a_log_is_not_handed_on_to_itself_or_to_two(scene: Stage, tmp_path: Path) -> None:
    origin = scene.instance.settings.origin
    own, other = published(tmp_path / "own", origin), published(tmp_path / "other")
    for keys in (own, own + other, other + published(tmp_path / "third", "third.example/codes")):
        with pytest.raises(NotANewOrigin), scene.instance.store.write() as unit:
            end_log(unit, "o", origin, keys, NOW)
    with pytest.raises(SuccessionBroken), scene.instance.store.write() as unit:
        end_log(unit, "o", origin, "no key\n", NOW)


def test_another_key_is_replaced_with_a_leaf_that_ends_nothing(scene: Stage) -> None:
    with scene.instance.acting() as unit:
        replace_key(unit, "o", "issuer", "-----BEGIN CERTIFICATE-----\n", NOW)
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        leaf, _ = parse(unit.leaves(size - 1, size)[0])
        refuse_ended(unit)
    assert (leaf.kind, leaf.what, leaf.origin) == (Kind.KEY_ROTATE, "issuer", None)
    with pytest.raises(AlreadyThere), scene.instance.acting() as unit:
        replace_key(unit, "o", "issuer", "-----BEGIN CERTIFICATE-----\n", NOW)
    with pytest.raises(LeafUnreadable), scene.instance.acting() as unit:
        replace_key(unit, "o", "log", "x\n", NOW)


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
