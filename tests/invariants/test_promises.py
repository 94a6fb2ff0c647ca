"""The promises that hold now, each by its number (docs/promises.md)."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mingma.codes.decision import Decision, Outcome
from mingma.engines.evaluation import plain_verdicts
from mingma.evidence.admit import admit
from mingma.evidence.model import Fact
from mingma.flows.cosigned import cosigned_head
from mingma.flows.publish_log import PublicLog
from mingma.flows.receipts import Receipts
from mingma.flows.receive_evidence import BadSignature, Envelope
from mingma.kernel.times import DAY, Instant, midnight, print_instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.note import KeyType
from mingma.ledger.policy import Policy, parse_policy
from mingma.ledger.tree import leaf_hash, verify_inclusion
from mingma.people.identity import IdentityType, check_character
from mingma.rules.output import record_of
from mingma.shelf import load_pack, pack_ids
from mingma.shipped import divisions
from tests.appealing import appeals, object_to
from tests.instances import NOW, Stage, at, contact, ndjson, sample, withdrawal
from tests.packs.random_facts import random_people
from tests.under_policy import Watched, infected
from tests.unit.ledger.published import ed25519

AT = midnight(19_280) + 12 * 3600  # noon of 15 October 2022, local time
SOME = settings(
    max_examples=10, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),
)  # fmt: skip


def decision_of(scene: Stage, ref: str = "p-ann") -> Decision:
    with scene.instance.store.read() as unit:
        return unit.decisions_in_force([ref])[ref]


def renamed(facts: list[Fact], subject: str, mark: str) -> list[Fact]:
    """The same facts about somebody else, with their references."""
    made = []
    for fact in facts:
        changed: dict[str, Any] = {
            name: f"{mark}{getattr(fact.data, name)}"
            for name in ("of", "corrects")
            if getattr(fact.data, name, None)
        }
        if getattr(fact.data, "evidence", ()):
            changed["evidence"] = tuple(f"{mark}{id}" for id in fact.data.evidence)  # type: ignore[union-attr]
        data = msgspec.structs.replace(fact.data, **changed)
        made.append(msgspec.structs.replace(fact, id=mark + fact.id, subject=subject, data=data))
    return made


# -- P1


def test_p1_a_token_worse_than_green_has_a_decision_proven_under_a_cosigned_head(
    watched: Watched,
) -> None:
    watched.witnesses.sleep()
    watched.send(infected(), source="lab-1")
    assert watched.instance.show("p-ann", "zh").token is not None  # green, and needs no proof
    assert watched.colour("p-ann") == "green"
    watched.witnesses.wake()
    watched.instance.ask_witnesses()
    shown = watched.instance.show("p-ann", "zh")
    assert (shown.colour, shown.token is not None) == (Colour.RED, True)
    assert watched.policy is not None
    assert shown.decision is not None
    with watched.instance.store.read() as unit:
        found = cosigned_head(unit)
        index = unit.index_of("p-ann", shown.decision.number)
        assert found is not None
        assert index is not None
        entry = unit.leaves(index, index + 1)[0]
    head, _ = watched.policy.verify(found[0])
    proof = watched.instance.log.tree.inclusion_proof(index, head.size)
    verify_inclusion(leaf_hash(entry), index, head.size, proof, head.root)
    # Under a policy that these witnesses do not meet, the same rows give nothing worse than green.
    watched.instance.receipts = Receipts(PublicLog(watched.instance.store), stranger_policy())
    shown = watched.instance.show("p-ann", "zh")
    assert (shown.colour, shown.frame) == (Colour.GREEN, None)


def stranger_policy() -> Policy:
    key, _ = ed25519(b"s" * 32, "witness.stranger.example/w1", KeyType.ED25519_COSIGNATURE)
    log, _ = ed25519(b"t" * 32, "ledger.specimen.example/codes", KeyType.ED25519)
    return parse_policy(f"log {log}\nwitness w {key}\nquorum w\n".encode())


# -- P2


def test_p2_a_worse_colour_names_clause_digest_own_older_evidence_end_and_objection(
    scene: Stage,
) -> None:
    scene.send(contact())
    decision, shown = decision_of(scene), scene.instance.show("p-ann", "zh")
    [span] = [span for span in decision.spans if span.covers(decision.decided_at)]
    assert (span.pack, span.rule) == ("cn-henan-2021-08", "HA-R3")
    assert len(decision.packs[0].digest) == 64
    with scene.instance.store.read() as unit:
        [fact] = unit.facts_of(["p-ann"])["p-ann"]
    assert span.evidence == (fact.id,)
    assert fact.at < decision.decided_at
    [reason] = shown.explanation.reasons
    assert reason.law
    assert reason.until
    assert reason.objection
    assert reason.authority


# -- P4


@SOME
@given(seed=st.integers(0, 1 << 32), pack=st.sampled_from(pack_ids()))
def test_p4_equal_evidence_gives_equal_colour(seed: int, pack: str) -> None:
    packs = [load_pack(pack)]
    rules = [ground.rule for ground in packs[0].grounds]
    facts = random_people(seed, AT, 1, rules)
    twin = renamed(facts, "twin", "x")
    first, second = (
        record_of(verdict) for verdict in plain_verdicts(packs, facts + twin, AT, None)
    )
    assert first["subject"] != second["subject"]
    for key in ("colour", "notices", "rule", "since", "until", "next"):
        assert first[key] == second[key], facts


# -- P6


def test_p6_notice_and_receipt_come_before_effect(watched: Watched) -> None:
    watched.witnesses.sleep()
    watched.send(infected(), source="lab-1")
    before = watched.instance.show("p-ann", "zh")
    assert [json.loads(one.body)["to"] for one in before.notices] == ["red"]  # she is told
    assert before.colour is Colour.GREEN  # … and it is not so yet
    watched.witnesses.wake()
    watched.instance.ask_witnesses()
    after = watched.instance.show("p-ann", "zh")
    assert after.colour is Colour.RED
    assert after.notices == before.notices
    assert after.decision is not None
    receipt = watched.instance.own_receipt("p-ann", after.decision.number)
    assert watched.policy is not None
    with watched.instance.store.read() as unit:
        assert after.leaf_index is not None
        entry = unit.leaves(after.leaf_index, after.leaf_index + 1)[0]
    assert receipt.verify(entry, watched.policy)[0].size > after.leaf_index


# -- P7


def test_p7_a_colour_falls_at_the_second_of_its_end_with_nothing_running(scene: Stage) -> None:
    scene.send(contact())
    first = scene.instance.show("p-ann", "zh")
    assert first.colour is Colour.RED
    [span] = [s for s in decision_of(scene).spans if s.colour is Colour.RED]
    assert span.until is not None
    scene.clock.now = Instant(span.until - 1)
    assert scene.colour("p-ann") == "red"
    scene.clock.now = Instant(span.until)
    assert scene.colour("p-ann") == "yellow"
    scene.clock.now = Instant(span.until + 7 * DAY)
    assert scene.colour("p-ann") == "green"


@SOME
@given(seed=st.integers(0, 1 << 32), days=st.integers(0, 40))
def test_p7_a_verdict_foretells_what_asking_later_says(seed: int, days: int) -> None:
    packs = [load_pack("cn-henan-2021-08")]
    then = AT + days * DAY
    facts = [f for f in random_people(seed, AT, 30, ["HA-R1"]) if f.recorded_at is None]
    settled = [f for f in facts if _names_nothing_after(f, AT)]
    now = {v.subject: v for v in plain_verdicts(packs, settled, AT, None)}
    for later in plain_verdicts(packs, settled, then, None):
        early = now[later.subject]
        again = type(later)(later.subject, then, later.packs, early.spans, early.known)
        assert record_of(again)["colour"] == record_of(later)["colour"]


def _names_nothing_after(fact: Fact, instant: int) -> bool:
    values = [fact.at, fact.until, *(getattr(fact.data, n) for n in fact.data.__struct_fields__)]
    return all(not isinstance(v, Instant) or v <= instant for v in values)


# -- P8


def test_p8_an_unanswered_appeal_ends_at_its_second_with_every_job_dead_and_its_evidence_is_dead_for_good(  # noqa: E501 - the name that docs/promises.md cites
    scene: Stage,
) -> None:
    scene.send(sample("t0", result="negative"), contact())
    assert scene.colour("p-ann") == "red"
    [filed] = object_to(scene).filed
    scene.clock.forward(filed.appeal.due - scene.clock() - 1)
    assert scene.colour("p-ann") == "red"
    scene.clock.forward(1)
    assert scene.colour("p-ann") == "green"  # no duty ran and nothing was written
    assert appeals(scene)[0].closing() is None
    # Sent again under another id, and decided anew: what fell stays dead.
    scene.send({**contact("again"), "recorded_at": print_instant(scene.clock())})
    scene.instance.renew("p-ann")
    assert scene.colour("p-ann") == "green"
    scene.instance.keep_duties()
    assert appeals(scene)[0].closing() is not None
    scene.clock.forward(DAY)
    scene.instance.renew("p-ann")
    assert scene.colour("p-ann") == "green"


# -- P11


def test_p11_a_refused_envelope_and_an_unknown_code_make_nothing_worse(scene: Stage) -> None:
    scene.send(contact())
    before = decision_of(scene)
    body = ndjson([sample("t9")])
    with pytest.raises(BadSignature):
        scene.instance.receive(Envelope("demo", body, bytes(64), [(1, body)]))
    assert decision_of(scene) == before
    assert Colour.UNKNOWN not in SEVERITY  # neither better nor worse than any colour


def test_p11_without_witnesses_nothing_new_gets_worse_and_everything_may_get_better(
    watched: Watched,
) -> None:
    """Three hours without witnesses, with every kind of change in them."""
    watched.send(sample("n1", "p-ann", result="negative"), source="lab-1")
    watched.send(infected("i1", "p-bob"), source="lab-1")
    watched.approve(contact("c1", "p-cyd"))
    assert [watched.colour(ref) for ref in ("p-ann", "p-bob", "p-cyd")] == ["green", "red", "red"]
    watched.witnesses.sleep()
    watched.send(infected("i2", "p-ann"), infected("i3", "p-dan"), source="lab-1")
    for minutes in (0, 1, 9, 10, 11, 60, 180):
        watched.clock.now = Instant(NOW + minutes * 60)
        assert not watched.instance.ask_witnesses()
        # What was cosigned stays, with its token; nothing new is worse, for anybody.
        for ref in ("p-bob", "p-cyd"):
            shown = watched.instance.show(ref, "zh")
            assert (shown.colour, shown.token is not None) == (Colour.RED, True)
        assert [watched.colour(ref) for ref in ("p-ann", "p-dan")] == ["green", "green"]
    # What makes it better shows at once.
    watched.approve(withdrawal("c1", subject="p-cyd", hours=2.5))
    assert watched.colour("p-cyd") == "green"
    # Back again: what was made meanwhile is void, decided anew, and shows only then.
    before = {ref: decisions_of(watched, ref) for ref in ("p-ann", "p-bob", "p-cyd", "p-dan")}
    watched.witnesses.wake()
    watched.instance.ask_witnesses()
    for ref in ("p-ann", "p-dan"):
        *earlier, anew = decisions_of(watched, ref)
        assert earlier == before[ref]
        assert anew.decided_at == watched.clock()
        shown = watched.instance.show(ref, "zh")
        assert (shown.colour, shown.token is not None) == (Colour.RED, True)
        assert shown.decision is not None
        assert shown.decision.number == anew.number
    for ref in ("p-bob", "p-cyd"):
        assert decisions_of(watched, ref) == before[ref]
    assert (watched.colour("p-bob"), watched.colour("p-cyd")) == ("red", "green")


def decisions_of(scene: Stage, ref: str) -> list[Decision]:
    with scene.instance.store.read() as unit:
        return list(unit.decisions_of(ref))


# -- P12


def test_p12_no_byte_of_the_log_is_a_reference_or_a_number_of_a_person(scene: Stage) -> None:
    body = "41010519900307233"
    number = body + check_character(body)
    record = {**sample("t1"), "identity": {"type": "resident_id", "number": number}}
    del record["subject"]
    scene.send(record, contact("c2"))
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        entries = list(unit.leaves(0, size))
        refs = list(unit.refs("", 10))
        keys = [person.key for person in unit.people(refs).values()]
    assert len(refs) == 2
    public = b"".join(entries)
    for secret in (*(ref.encode() for ref in refs), number.encode(), number[-6:].encode(), *keys):
        assert secret not in public
    assert {parse(entry)[0].kind for entry in entries} >= {Kind.ENROL, Kind.DECISION}
    assert IdentityType.RESIDENT_ID.value.encode() not in public


# -- P13


@pytest.mark.parametrize("pack", pack_ids())
def test_p13_a_presence_of_any_grade_or_number_gives_no_colour(pack: str) -> None:
    facts = [
        admit(
            {
                "id": f"s{n}",
                "kind": "check_in",
                "subject": "p",
                "at": print_instant(AT - n * 3600),
                "region": "410102",
                "data": {"venue": "venue-0446", "grade": grade},
            },
            divisions(),
        )
        for n, grade in enumerate("ABCD" * 25)
    ]
    [verdict] = plain_verdicts([load_pack(pack)], facts, AT, None)
    assert verdict.colour is Colour.GREEN
    assert not verdict.findings


# -- P14, P16


def test_p14_no_code_without_a_declared_emergency_and_none_after_it(
    scene: Stage, calm: Stage
) -> None:
    calm.send(contact())
    assert decision_of(calm).outcome is Outcome.NOT_ISSUED
    assert calm.instance.show("p-ann", "zh").token is None
    scene.send(contact())
    assert scene.instance.show("p-ann", "zh").token is not None
    scene.clock.forward(90 * DAY)
    assert scene.instance.show("p-ann", "zh").token is None


def test_p16_not_issuing_is_a_decision_with_a_leaf_and_running_out_says_lapsed(
    scene: Stage, calm: Stage
) -> None:
    calm.send(contact())
    with calm.instance.store.read() as unit:
        index = unit.index_of("p-ann", decision_of(calm).number)
        assert index is not None
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
    assert (leaf.kind, leaf.after) == (Kind.DECISION, "unknown")
    scene.send(contact())
    scene.clock.forward(90 * DAY)
    shown = scene.instance.show("p-ann", "zh")
    assert (shown.lapsed, shown.colour) == (True, Colour.UNKNOWN)


# -- what has no way in


def test_nobody_can_hand_a_colour_to_anything() -> None:
    assert "colour" not in {field.name for field in fields(Decision)}
    for name in dir(Stage) + dir(type(Stage)) + dir(Decision):
        assert not name.startswith(("set_colour", "force_"))


def test_a_withdrawn_record_is_dead_for_good(scene: Stage) -> None:
    scene.send(contact("c1"))
    scene.send(withdrawal("c1", hours=-0.4))
    batch = scene.send(withdrawal("w1", id="w2", hours=-0.3))
    assert batch.admitted == 1
    assert scene.colour("p-ann") == "green"


def test_a_notice_stays_on_the_persons_own_page(scene: Stage) -> None:
    match: dict[str, Any] = {
        "id": "m1",
        "kind": "companion_match",
        "subject": "p-ann",
        "at": at(-24),
        "data": {"overlap_minutes": 25, "cell": "c"},
    }
    scene.send(match)
    shown = scene.instance.show("p-ann", "zh")
    assert [reason.rule for reason in shown.explanation.notices] == ["HA-Y1"]
    assert shown.colour is Colour.GREEN
    assert shown.token is not None
    assert (shown.token_ends or NOW) > NOW
