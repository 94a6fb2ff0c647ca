"""The log, its witnesses and its database: what whoever runs the machines may try.

Z9, Z10, Z13, Z31, Z32, Z33, Z36, Z47, Z48, Z63, Z79.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from mingma.authority.acts import Act
from mingma.authority.organs import Level, OrganKind
from mingma.authority.posts import Post
from mingma.codes.decision import Decision
from mingma.engines.cedar import CedarEngine
from mingma.evidence.model import Fact
from mingma.flows import decide
from mingma.flows.agree_key import AGREED, KeyNotAgreed, agreed
from mingma.flows.cosigned import GRACE
from mingma.flows.offices import Signed
from mingma.flows.reconcile import Amiss, RowsDoNotFit
from mingma.flows.seal import SealingStopped
from mingma.flows.signed_act import ACT
from mingma.flows.stored_head import HeadBehind
from mingma.flows.witness import add_checkpoint, forks
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.ledger.witnessing import origin_hash
from mingma.records import Record
from mingma.rules.assess import assess
from mingma.rules.verdict import Span, Verdict
from mingma.settings import BadSetting, Settings, read_settings
from mingma.storage import open_store
from mingma.storage.memory.unit import MemoryUnit
from mingma.trust_policy import PolicyGone, PolicyUnfit
from tests.abuse.case import Cases, answers, each, held_and_broken, replaced, without_rails
from tests.abuse.scene import FILE, Scene
from tests.instances import DEMO, NOW, Stage, contact, sample, withdrawal
from tests.posts import OPERATORS
from tests.sealed_rows import sealed_rows
from tests.under_policy import Watched, infected, make_witnesses, settings_under
from tests.unit.authority import grid
from tests.witnessing import LOG, ORIGIN, forked, witness

CASES = Cases()
ANN = "WHERE sid = 'p-ann'"
PROVEN = answers("mingma.flows.show_code._proof", "MCR1:")
# What is not cosigned counts, and what is not proven is shown.
FULL = each(answers("mingma.flows.cosigned.is_full", value=True), PROVEN)


# A worse colour is asked of the evidence again before it shows: with that gone, the log's proof is
# what is left.
BORNE_OUT = answers("mingma.flows.cosigned.borne_out", True)

# -- Z9: one row


def with_a_yellow(scene: Scene) -> None:
    """A stopped database in which Ann is yellow and Bob is green again."""
    made = scene.in_file()
    made.send(contact("c1", relation="secondary"), contact("c2", "p-bob"))
    made.clock.forward(HOUR)
    made.send(withdrawal("c2", subject="p-bob"))
    assert made.instance.reconcile() == []
    made.instance.close()


@CASES.case("Z9", breaks=answers("mingma.app.must_fit", None))
def an_edited_row_starts_no_instance(scene: Scene) -> None:
    with_a_yellow(scene)
    scene.sql("UPDATE decision SET body = replace(body, 'HA-R3', 'HA-R1')")
    with pytest.raises(RowsDoNotFit) as refused:
        scene.restart()
    assert refused.value.exit_status == 4


@CASES.case("Z9", breaks=answers("mingma.cli.audit.reconcile", ()))
def the_audit_names_the_row_that_was_edited(scene: Scene) -> None:
    with_a_yellow(scene)
    scene.sql(f"UPDATE decision SET body = replace(body, 'red', 'grey') {ANN}")
    status, said = scene.run("audit", "--database", scene.database)
    assert status == 1, said
    assert Amiss.DECISION_DIFFERS.value in said


@CASES.case("Z9", "Z48", breaks=each(PROVEN, BORNE_OUT))
def a_red_row_that_its_leaf_does_not_prove_shows_nobody_red(scene: Scene) -> None:
    made = scene.watched(in_file=True)
    made.send(infected(), sample(subject="p-bob", result="negative"), source="lab-1")
    assert made.instance.show("p-ann", "en").frame is not None
    scene.sql(
        f"UPDATE decision SET body = replace((SELECT body FROM decision {ANN}), 'p-ann', 'p-bob')"
        " WHERE sid = 'p-bob'"
    )
    assert made.colour("p-bob") == "green"
    assert Amiss.DECISION_DIFFERS in {one.word for one in made.instance.reconcile()}


@CASES.case("Z48", breaks=each(FULL, BORNE_OUT))
def a_decision_that_the_log_has_no_leaf_of_shows_nothing_worse(scene: Scene) -> None:
    made = scene.watched(in_file=True)
    made.send(infected(), sample(subject="p-bob", result="negative"), source="lab-1")
    scene.sql(
        "INSERT INTO decision SELECT 'p-bob', 2, decided_at,"
        " replace(replace(body, 'p-ann', 'p-bob'), 'number\":1', 'number\":2')"
        f" FROM decision {ANN}"
    )
    shown = made.instance.show("p-bob", "en")
    assert (shown.colour, shown.token is not None) == (Colour.GREEN, True)
    assert Amiss.DECISION_WITHOUT_LEAF in {one.word for one in made.instance.reconcile()}


# -- Z10: deleted leaves, old backups


@CASES.case("Z10", breaks=answers("mingma.flows.second_head.SecondHead.must_be_behind", None))
def an_old_backup_does_not_start(scene: Scene) -> None:
    made = scene.in_file()
    made.send(contact("c1"))
    made.instance.close()
    older = scene.copy("older.db")
    instance = scene.restart()
    made.instance = instance
    made.send(contact("c2", "p-bob"))
    instance.close()
    shutil.copy(older, scene.folder / "a.db")
    with pytest.raises(HeadBehind) as refused:
        scene.restart()
    assert refused.value.details["why"] == "behind"


UNCHECKED = each(
    answers("mingma.flows.signed_tree.SignedTree._trusted", None),
    answers("mingma.flows.second_head.SecondHead.must_be_behind", None),
    answers("mingma.app.must_fit", None),
)


@CASES.case("Z10", breaks=UNCHECKED)
def deleted_leaves_are_found_before_anything_is_signed(scene: Scene) -> None:
    made = scene.in_file()
    made.send(*(contact(f"c{n}", f"p-{n}") for n in range(60)))
    made.instance.close()
    with sealed_rows(scene.folder / FILE) as rows:
        for index in reversed(range(20, len(rows.all()))):
            rows.put(index)
    scene.sql("DELETE FROM leaf WHERE i >= 20")
    with pytest.raises(RowsDoNotFit, match="leaf 20"):
        scene.restart()


EXTENDS = answers("mingma.ledger.witnessing.verify_consistency", None)


@CASES.case("Z10", "Z13", "Z47", breaks=EXTENDS)
def a_witness_cosigns_one_history_and_keeps_the_proof_of_another(scene: Scene) -> None:
    """Whoever holds the log's key signs a forged chain of equal length, and a longer one."""
    store = open_store("memory:")
    now = Instant(NOW)
    assert add_checkpoint(store, witness(), LOG.ask(0, 1000), now)
    other = forked(900, 1200)
    for size in (1000, 1200):
        with pytest.raises(Problem) as refused:
            add_checkpoint(store, witness(), LOG.ask(1000, size, other), now)
        assert refused.value.status in (409, 422)
    with store.read() as unit:
        kept = forks(unit, origin_hash(ORIGIN))
    assert {one.why for one in kept} == {"same_size", "unproven"}
    assert all(one.cosigned != one.submitted for one in kept)  # both signed: it proves itself


NOT_OLDER = answers("mingma.flows.ask_witnesses.Witnesses.must_not_be_older", None)


@CASES.case("Z13", "Z47", breaks=NOT_OLDER)
def a_second_log_under_the_stolen_key_does_not_even_start(scene: Scene) -> None:
    made = scene.watched()
    made.send(infected(), source="lab-1")
    with pytest.raises(Problem) as refused:  # another tree from another port, with the real key
        scene.start(settings_under(scene.folder), made.witnesses)
    assert refused.value.slug == "ledger.older_than_published"


@CASES.case("Z13", "Z47", breaks=answers("mingma.flows.seal.Log.stop", None))
def a_fork_that_its_witnesses_contradict_signs_nothing_more(scene: Scene) -> None:
    made = scene.watched()
    made.send(infected(), source="lab-1")
    with pytest.MonkeyPatch.context() as forced:
        NOT_OLDER(forced)
        instance = scene.start(settings_under(scene.folder), made.witnesses)
    with instance.store.write() as unit:
        unit.add_source(DEMO)
    fork = Watched(instance, made.clock, made.witnesses, instance.context.policy)
    with pytest.raises(SealingStopped):
        fork.approve(infected("i2", "p-bob"))


# -- Z33, Z79: without witnesses


@CASES.case("Z33", "Z79", breaks=FULL)
def with_the_witnesses_switched_off_nothing_new_gets_worse(scene: Scene) -> None:
    made = scene.watched()
    made.send(infected("i1"), sample("t2", "p-bob", result="negative"), source="lab-1")
    made.witnesses.sleep()
    made.send(infected("i2", "p-bob"), source="lab-1")
    made.approve(withdrawal("lab-1/i1"))
    assert (made.colour("p-ann"), made.colour("p-bob")) == ("green", "green")
    made.clock.forward(GRACE + 1)
    made.witnesses.wake()
    void = decisions(made, "p-bob")[-1]
    made.instance.ask_witnesses()
    assert decisions(made, "p-bob")[-1] != void  # it was void, and was decided anew


@CASES.case("Z33", breaks=answers("mingma.flows.decide._told", None))
def notice_and_receipt_are_of_the_same_commit_as_the_decision(scene: Scene) -> None:
    made = scene.watched()
    made.send(infected(), source="lab-1")
    shown = made.instance.show("p-ann", "en")
    assert shown.colour is Colour.RED
    assert [one.number for one in shown.notices] == [shown.decision.number if shown.decision else 0]
    assert shown.explanation.reasons[0].objection
    assert made.instance.own_receipt("p-ann", shown.notices[0].number).index >= 0


@CASES.case("Z33", breaks=replaced("mingma.flows.decide._told", lambda *_: None))
def a_worsening_whose_notice_cannot_be_kept_is_not_decided(scene: Scene) -> None:
    made = scene.specimen()
    made.send(sample(result="negative"))
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(decide, "notice_of", down)
        with pytest.raises(OSError, match="down"):
            made.send(contact("c1"))
    assert made.colour("p-ann") == "green"
    assert len(decisions(made, "p-ann")) == 1


def down(*_: object) -> bytes:
    raise OSError("the notifier is down")


def decisions(made: Stage, ref: str) -> list[Decision]:
    with made.instance.store.read() as unit:
        return list(unit.decisions_of(ref))


@CASES.case("Z79", breaks=answers("mingma.settings.settings_of", Settings()))
def no_setting_switches_the_log_or_its_witnesses_off(scene: Scene) -> None:
    for key, value in (("NO_LOG", "1"), ("WITNESS", "0"), ("LOG", "off"), ("QUORUM", "0")):
        with pytest.raises(BadSetting, match="no such setting"):
            read_settings({f"MINGMA_{key}": value})


@CASES.case("Z79", breaks=answers("mingma.trust_policy._must_fit", None))
def a_policy_that_asks_for_nobody_starts_nothing(scene: Scene) -> None:
    witnesses = make_witnesses(scene.folder, lambda: NOW)
    head = (scene.folder / "policy").read_text().split("group")[0]
    (scene.folder / "weak").write_text(f"{head}quorum none\n")
    with pytest.raises(PolicyUnfit):
        scene.start(settings_under(scene.folder, policy="weak"), witnesses)


@CASES.case("Z79", breaks=answers("mingma.flows.second_head.SecondHead.remember_policy", None))
def an_instance_that_had_a_policy_does_not_start_without(scene: Scene) -> None:
    witnesses = make_witnesses(scene.folder, lambda: NOW)
    scene.start(settings_under(scene.folder), witnesses).close()
    (scene.folder / "keys" / "issuer.pem").unlink()
    with pytest.raises(PolicyGone):
        scene.start(settings_under(scene.folder, policy=""), witnesses)


# -- Z31, Z32, Z36: code, faults, time


@CASES.case("Z31", breaks=answers("mingma.flows.reconcile_replay.Replay.differs", False))
def a_replay_by_the_honest_rules_finds_what_altered_ones_decided(scene: Scene) -> None:
    made = scene.specimen()
    made.send(sample("t1", result="negative"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(decide, "assess", everybody_red)
        made.send(sample("t2", result="negative", hours=-1))
    with made.instance.store.read() as unit:
        assert unit.decisions_in_force(["p-ann"])["p-ann"].worst_ahead() is Colour.RED
    assert made.colour("p-ann") == "green"  # the honest rules give no such thing
    assert Amiss.REPLAY_DIFFERS in {one.word for one in made.instance.reconcile()}


def everybody_red(book: object, ref: str, facts: list[Fact], at: int, match: object) -> Verdict:
    """A rule function as a supplier with root might leave it."""
    honest = assess(book, ref, facts, at, match)  # type: ignore[arg-type]
    span = Span(
        "cn-henan-2021-08", "HA-R1", "HA-R1", Colour.RED, None, at - DAY, at + DAY,
        (facts[0].id,), "time",
    )  # fmt: skip
    return replace(honest, spans=(span,))


# Writes go to what everybody reads, so a unit that fails has done half of its work.
NO_COPY = replaced("mingma.storage.memory.unit.MemoryUnit._change", lambda unit, *_: unit._now)


@CASES.case("Z32", breaks=NO_COPY)
def a_fault_at_any_write_leaves_the_last_proven_state(scene: Scene) -> None:
    for name in ("add_batch", "add_decisions", "count_events", "seal"):
        made = scene.specimen()
        made.send(sample(result="negative"))
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(MemoryUnit, name, down)
            with pytest.raises(OSError, match="down"):
                made.send(contact(name, hours=-3))
        assert made.colour("p-ann") == "green"
        assert made.instance.reconcile() == []


@CASES.case("Z36", breaks=replaced("mingma.codes.decision.live", lambda *of: of[0]))
def a_colour_falls_at_the_second_of_its_end_with_every_job_dead(scene: Scene) -> None:
    made = scene.specimen()
    made.send(contact("c1"))
    shown = made.instance.show("p-ann", "en")
    assert shown.colour is Colour.RED
    assert shown.decision is not None
    last = max(span.until or 0 for span in shown.decision.spans if span.colour)
    made.clock.now = Instant(last - 1)
    assert made.colour("p-ann") in ("red", "yellow")
    token = made.instance.show("p-ann", "en").token
    made.clock.now = Instant(last)
    assert made.colour("p-ann") == "green"
    assert token is not None
    said = {"text": token, "specimen": True}
    checked = scene.client(made).http.post("/v1/token/check", json=said)
    assert checked.json()["colour"] is None  # offline too, and at the same second


# -- Z63: the log's key


@CASES.case("Z63", breaks=without_rails("F54-two-and-an-auditor"))
def nobody_alone_touches_keys_or_backups(scene: Scene) -> None:
    engine = CedarEngine()
    for act in (Act.ROTATE_KEY, Act.RESTORE_BACKUP):
        cell = grid.officer_cell(act, Post.EXECUTOR, OrganKind.DATA_BUREAU, Level.PROVINCE)
        assert engine.decide(grid.request(cell)).allowed
        for alone in ({"persons": 1}, {"auditor_present": False}):
            assert not engine.decide(grid.request(cell | alone)).allowed


KEY = {"what": "log", "digest": "5a" * 32}
NOT_ASKED = each(
    answers("mingma.flows.replace_key.agreed", None), answers("mingma.cli.next_log.agreed", None)
)


@CASES.case("Z63", breaks=without_rails("F54-two-and-an-auditor"))
def an_operator_agrees_to_no_key_without_a_second_and_an_auditor(scene: Scene) -> None:
    office = scene.office()
    whole = office.posts.agree_key("log", bytes.fromhex(KEY["digest"]))
    unseen = {name: one for name, one in whole.items() if "auditor" not in name}
    for body in (KEY, unseen, whole | {"second": OPERATORS[0]}):
        refused = office.send(OPERATORS[0], Act.ROTATE_KEY, body)
        assert refused.status_code == 403, refused.text
        assert office.posts.attempts()[-1].policies == ("F54-two-and-an-auditor",)
    assert office.done(OPERATORS[0], Act.ROTATE_KEY, whole) == KEY


@CASES.case("Z63", breaks=NOT_ASKED)
def one_operator_at_a_shell_replaces_no_key(scene: Scene) -> None:
    scene.office(database=scene.database).stage.instance.close()
    trust = next((scene.folder / "keys" / "trust").glob("*.pem"))
    new = ("ledger.specimen.example/codes/2023", "--folder", scene.folder / "next")
    for words in (("replace-key", "issuer", trust), ("rotate-key", *new)):
        status, said = scene.run("ledger", *words, "--database", scene.database)
        assert (status, said.split(":")[0]) == (1, "key.not_agreed"), said


@CASES.case("Z63", breaks=answers("mingma.flows.agree_key._standing", Signed("ha-data")))
def a_row_put_into_the_database_agrees_to_no_key(scene: Scene) -> None:
    office = scene.office()
    instance, digest = office.stage.instance, bytes.fromhex(KEY["digest"])
    alone = office.posts.agree_key("log", digest) | {"assertion": {}}
    forged = office.posts.sign(OPERATORS[0], Act.ROTATE_KEY, alone)
    with instance.store.write() as unit:
        kept = {"officer": forged.officer, "at": int(forged.at), "nonce": forged.nonce}
        act = {**kept, "body": alone, "assertion": forged.assertion}
        unit.add_record(Record(ACT, "forged", forged.at, canonical(act)))
        row = Record(AGREED, f"log/{digest.hex()}", forged.at, canonical({"act": "forged"}))
        unit.add_record(row)
    with instance.store.read() as unit, pytest.raises(KeyNotAgreed):
        agreed(unit, instance.desk, "log", digest, office.stage.clock())


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
