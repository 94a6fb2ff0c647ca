"""A person's own bundle proves every decision about her, offline, and nothing altered passes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.codes.bundle import (
    BundleUnreadable,
    Fails,
    check_bundle,
    decisions_in,
    parse_bundle,
    seal_bundle,
)
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Problem
from mingma.kernel.times import HOUR
from mingma.ledger.note import KeyType, Note, sign
from mingma.ledger.policy import parse_policy
from tests.cli.files import Run, runner
from tests.flows.logs import OTHER_KEY
from tests.instances import Stage, contact, sample, stage, withdrawal
from tests.under_policy import infected, under_policy
from tests.unit.ledger.published import ed25519


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """Somebody who was red and is green again, and another."""
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        made.send(contact("c1"), contact("c2", "p-bob"))
        made.clock.forward(HOUR)
        made.send(sample("t1", hours=0, result="negative"), withdrawal("c1", hours=0))
        yield made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


def words(data: bytes, policy: str) -> set[Fails]:
    bundle, seal = parse_bundle(data)
    return {one.word for one in check_bundle(bundle, seal, parse_policy(policy.encode()))}


def policy_in(data: bytes) -> str:
    return parse_bundle(data)[0].policy


def test_a_bundle_holds_and_says_every_decision(scene: Stage) -> None:
    data = scene.instance.own_bundle("p-ann")
    bundle, _ = parse_bundle(data)
    assert words(data, bundle.policy) == set()
    with scene.instance.store.read() as unit:
        assert decisions_in(bundle) == unit.decisions_of("p-ann")
    assert [one.number for one in bundle.events] == [0, 1, 2]
    assert [fact.id for fact in bundle.evidence] == ["demo/c1"]
    assert bundle.waiting == 0
    with pytest.raises(NoSuchPerson):
        scene.instance.own_bundle("p-nobody")


def test_it_is_checked_with_sockets_off_and_the_database_gone(
    tmp_path: Path, run: Run, socket_disabled: None
) -> None:
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as scene:
        scene.send(contact("c1"))
        data = scene.instance.own_bundle("p-ann")
    for path in tmp_path.glob("a.db*"):
        path.unlink()
    (tmp_path / "bundle.json").write_bytes(data)
    (tmp_path / "policy").write_text(policy_in(data))
    words = ("bundle", "check", tmp_path / "bundle.json", "--policy", tmp_path / "policy")
    done = run(*words)
    assert (done.status, done.err) == (0, "")
    assert "2 events, all in the log, none missing and none changed" in done.out
    assert "red" in done.out
    [found] = run(*words, "--json").records
    assert (found["holds"], found["failing"], found["waiting"]) == (True, [], 0)
    assert found["decisions"][0]["subject"] == "p-ann"
    (tmp_path / "bundle.json").write_bytes(data.replace(b'"made_at":1', b'"made_at":2'))
    done = run(*words)
    assert done.status == 1
    assert done.out == "does not hold: seal: another content\n"
    assert run(*words, "--json").records[0]["failing"][0]["word"] == "seal"
    assert run("bundle", "check", tmp_path / "none", "--policy", tmp_path / "policy").status == 2
    (tmp_path / "bundle.json").write_bytes(data[:-2])
    assert run(*words).status == 2


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every single value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from places(inner, (*path, at))
    else:
        yield path


def changed(value: Any) -> list[Any]:
    """What may stand in a value's place instead."""
    if isinstance(value, int):
        return [value + 1, 0 if value else 7, None, str(value)]
    if value is None:
        return ["{}", 0]
    flips = [value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
             for at in range(0, len(value), max(1, len(value) // 23))]  # fmt: skip
    return [*flips, "", value + " ", value[:-1], None, 5]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    made = copy.deepcopy(value)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return made


def test_every_single_field_that_is_changed_is_refused(scene: Stage) -> None:
    data = scene.instance.own_bundle("p-ann")
    whole, policy = json.loads(data), policy_in(data)
    tried = 0
    for path in places(whole):
        old = whole
        for step in path:
            old = old[step]
        for new in changed(old):
            tried += 1
            try:
                failing = words(canonical(put(whole, path, new)) + b"\n", policy)
            except Problem:
                continue
            assert failing, (path, new)
    assert tried > 200
    for key in whole:
        with pytest.raises(BundleUnreadable):
            parse_bundle(canonical({k: v for k, v in whole.items() if k != key}) + b"\n")
    with pytest.raises(BundleUnreadable):
        parse_bundle(canonical({**whole, "more": 1}) + b"\n")


def resealed(scene: Stage, whole: dict[str, Any]) -> bytes:
    """What the log's own operator could seal anew."""
    file = canonical({**whole, "seal": ""}) + b"\n"
    value = json.loads(file)
    seal = b""
    bundle, _ = parse_bundle(canonical({**value, "seal": seal.decode()}) + b"\n")
    return seal_bundle(bundle, scene.instance.log.vouch(bundle.statement()))


def test_what_the_operator_changes_and_seals_anew_is_still_refused(scene: Stage) -> None:
    data = scene.instance.own_bundle("p-ann")
    whole, policy = json.loads(data), policy_in(data)
    assert words(resealed(scene, whole), policy) == set()
    other = json.loads(scene.instance.own_bundle("p-bob"))
    events = whole["events"]
    body = json.loads(events[1]["body"])
    greener = canonical({**body, "spans": []}).decode()
    for wanted, forged in [
        (Fails.BODY, put(whole, ("events", 1, "body"), greener)),
        (Fails.BODY, put(whole, ("events", 1, "body"), None)),
        (Fails.BODY, put(whole, ("events", 0, "body"), greener)),
        (Fails.NUMBER, put(whole, ("events",), [events[0], events[2]])),
        (Fails.NUMBER, put(whole, ("events",), [])),
        (Fails.NUMBER, put(whole, ("events",), [*events, events[2]])),
        (Fails.TAG, put(whole, ("events", 1), {**events[2], "number": 1})),
        (Fails.TAG, put(whole, ("events", 1), other["events"][1])),
        (Fails.RECEIPT, put(whole, ("events", 1, "receipt"), events[2]["receipt"])),
        (Fails.TAG, put(whole, ("key",), other["key"])),
        (Fails.ABOUT, put(whole, ("subject",), "p-bob")),
        (Fails.EVIDENCE, put(whole, ("evidence",), [])),
        (
            Fails.EVIDENCE_LATER,
            put(whole, ("evidence", 0), whole["evidence"][0].replace('"at":1', '"at":2')),
        ),
    ]:
        assert wanted in words(resealed(scene, forged), policy), wanted


def test_the_seal_of_another_log_and_a_policy_without_this_one_are_refused(scene: Stage) -> None:
    data = scene.instance.own_bundle("p-ann")
    bundle, seal = parse_bundle(data)
    text = bundle.statement()
    theirs = bytes(Note(text, (sign(text, OTHER_KEY.key, OTHER_KEY.sign),)))
    both = bundle.policy.replace("quorum", f"log {OTHER_KEY.key}\nquorum")
    assert words(seal_bundle(bundle, theirs), both) == {Fails.SEAL}
    assert words(data, both) == set()
    stranger = f"log {OTHER_KEY.key}\nquorum none\n"
    assert words(data, stranger) == {Fails.RECEIPT, Fails.SEAL}
    two = seal + theirs.split(b"\n\n")[1]
    assert words(seal_bundle(bundle, two), bundle.policy) == {Fails.SEAL}


def test_the_log_signs_no_checkpoint_for_a_bundle(scene: Stage) -> None:
    log = scene.instance.log
    with pytest.raises(ValueError, match="seal alone"):
        log.vouch(f"{log.origin}\n9\n{'A' * 43}=\n")


def test_under_a_policy_only_cosigned_events_are_in_it_and_the_rest_is_waiting(
    tmp_path: Path,
) -> None:
    with under_policy(tmp_path) as watched:
        watched.send(infected(), source="lab-1")
        policy = Path(watched.instance.settings.policy).read_text("utf-8")
        data = watched.instance.own_bundle("p-ann")
        assert words(data, policy) == set()
        assert policy_in(data) == policy
        watched.witnesses.sleep()
        watched.clock.forward(HOUR)
        watched.send(sample("t5", result="negative"), infected("i2", "p-bob"), source="lab-1")
        later, _ = parse_bundle(watched.instance.own_bundle("p-bob"))
        assert (later.events, later.waiting) == ((), 2)
        # A policy that asks for somebody who never cosigned is not met.
        logs = "".join(f"{line}\n" for line in policy.splitlines() if line.startswith("log "))
        stranger, _ = ed25519(b"s" * 32, "w.example/x", KeyType.ED25519_COSIGNATURE)
        assert words(data, f"{logs}quorum none\n") == set()
        assert words(data, f"{logs}witness x {stranger}\nquorum x\n") == {Fails.RECEIPT}
