"""Indexes and tables over HTTP: what a person's app and an auditor fetch."""

from __future__ import annotations

from hashlib import sha256

import pytest

from mingma.kernel.canonical import b64url
from mingma.kernel.times import DAY, HOUR
from mingma.ledger.commitment import tag
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.own_tags import Indexed, check_own_events
from mingma.ledger.tag_index import prefix_of, whole_index
from mingma.ledger.tag_proof import (
    commitment_in,
    parse_tag_proof,
    parse_tag_run,
    verify_absent,
    verify_present,
)
from mingma.ledger.tally import verify_table
from tests.api.asking import Client, problem
from tests.instances import Stage, sample


@pytest.fixture
def indexed(scene: Stage) -> Stage:
    scene.send(*(sample(f"t{n}", f"p-{n}") for n in range(40)))
    scene.instance.keep_duties()
    return scene


def leaves(scene: Stage) -> list[bytes]:
    with scene.instance.store.read() as unit:
        return list(unit.leaves(0, unit.head()[0]))


def test_a_person_finds_her_events_with_what_is_served(client: Client, indexed: Stage) -> None:
    (start, end, leaf), = (
        map(int, line.split()) for line in client.get("/ledger/index").text.splitlines()
    )  # fmt: skip
    entries = leaves(indexed)
    commitment = commitment_in(parse(entries[leaf])[0])
    assert (commitment.start, commitment.end) == (start, end)
    with indexed.instance.store.read() as unit:
        person = unit.people(["p-7"])["p-7"]
    root = f"/ledger/index/{start}-{end}"
    # (1) the whole index; (2) one tag at a time; (3) everything that begins alike
    whole = whole_index(client.get(root).content, commitment)
    for about in (
        whole.prove,
        lambda tag: parse_tag_proof(client.get(f"{root}/{tag.hex()}").content),
        lambda tag: parse_tag_proof(client.get(f"{root}/{b64url(tag)}").content),
        lambda tag: parse_tag_run(client.get(f"{root}/prefix/{tag.hex()[:1]}").content).about(tag),
    ):
        found = check_own_events(
            person.key, person.events, [Indexed(commitment, about)], entries[end:]
        )
        with indexed.instance.store.read() as unit:
            assert found == {n: unit.index_of("p-7", n) for n in found}


def test_every_tag_with_a_prefix_is_in_the_run_and_every_absence_can_be_proven(
    client: Client, indexed: Stage
) -> None:
    entries = leaves(indexed)
    commitment = next(
        commitment_in(leaf) for leaf, _ in map(parse, entries) if leaf.kind is Kind.INDEX_HOUR
    )
    root = f"/ledger/index/{commitment.start}-{commitment.end}"
    there = {leaf.tag for leaf, _ in map(parse, entries[: commitment.end]) if leaf.tag}
    for digit in "0123456789abcdef":
        run = parse_tag_run(client.get(f"{root}/prefix/{digit}").content)
        for mark in there | {tag(b"x" * 32, n) for n in range(100)}:
            if not mark.hex().startswith(digit):
                continue
            if mark in there:
                verify_present(mark, run.about(mark), commitment)
            else:
                verify_absent(mark, run.about(mark), commitment)


def test_a_prefix_is_so_short_that_many_share_it() -> None:
    mark = bytes.fromhex("abcdef" + "0" * 26)
    assert prefix_of(mark, 63) == prefix_of(mark, 1023) == ""
    assert prefix_of(mark, 1024) == "a"
    assert prefix_of(mark, 16_384) == "ab"
    assert prefix_of(mark, 2**18) == "abc"


@pytest.mark.parametrize(
    "path",
    [
        "index/0-1", "index/0-", "index/00-9", "index/-1-9", "index/a-b", "index/1-0",
        "index/{range}/00", "index/{range}/zz", "index/{range}/ABCDEF0123456789ABCDEF0123456789",
        "index/{range}/prefix/xyz", "index/{range}/prefix/" + "0" * 33, "tally/2022-06-14",
        "tally/today", "tally/2022-13-01", "index/99999999999999999999-99999999999999999999",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client: Client, indexed: Stage, path: str) -> None:
    start, end, _ = client.get("/ledger/index").text.split()
    asked = path.replace("{range}", f"{start}-{end}")
    problem(client.get(f"/ledger/{asked}"), 404, "http.not_found")


def test_a_run_of_too_many_is_refused(
    client: Client, indexed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mingma.ledger.tag_index.MAX_RUN", 1)
    start, end, _ = client.get("/ledger/index").text.split()
    answers = [client.get(f"/ledger/index/{start}-{end}/prefix/{digit}") for digit in "0123456789"]
    problem(next(one for one in answers if one.status_code != 200), 400, "ledger.run_too_long")


def test_the_table_of_a_day_is_the_one_its_leaf_names(client: Client, indexed: Stage) -> None:
    indexed.clock.forward(DAY)
    indexed.instance.keep_duties()
    answer = client.get("/ledger/tally/2022-06-14")
    assert answer.headers["content-type"] == "application/json"
    entries = leaves(indexed)
    leaf = next(leaf for leaf, _ in map(parse, entries) if leaf.kind is Kind.TALLY_DAY)
    assert sha256(answer.content).digest() == leaf.digest
    verify_table(answer.content, leaf, entries[leaf.index : leaf.end])


def test_an_alarm_is_on_the_health_pages(client: Client, indexed: Stage) -> None:
    from mingma.flows.alarm import raise_alarm
    from mingma.ledger.tag_proof import TagTwice

    assert client.get("/readyz").json()["alarms"] == []
    with indexed.instance.store.write() as unit:
        assert raise_alarm(unit, TagTwice(first=3, second=9), "3-9", indexed.clock())
        assert not raise_alarm(unit, TagTwice(first=3, second=9), "3-9", indexed.clock())
    indexed.instance.undone["tally"] = "store.busy"
    assert client.get("/readyz").json()["alarms"] == ["ledger.tag_twice/3-9", "tally/store.busy"]
    assert client.get("/readyz").status_code == 200
    assert "\nmingma_alarms 2\n" in client.get("/metrics").text
    indexed.clock.forward(HOUR)
