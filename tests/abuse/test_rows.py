"""Rows of power in the database: who may say what, sign what, be drawn, as a DBA would have it.

Z9, Z12, Z16, Z59. What a case rests on twice – the digest of the row and its leaf – is broken
twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.authority.acts import Act
from mingma.authority.roster import NobodyEligible
from mingma.flows import offices
from mingma.flows.proposals import APPROVAL
from mingma.flows.reconcile import Amiss
from mingma.flows.sources import SourceNotInEffect
from mingma.flows.vouched_rows import SOURCE, NotVouched, statement
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY
from mingma.ledger.leaf import Kind, parse
from mingma.ports import Unit
from mingma.records import Record
from tests.abuse.case import Cases, answers, each, held_and_broken, replaced
from tests.abuse.scene import FILE, MAKER, Scene
from tests.authenticators import Authenticator
from tests.flows.test_ceremony import replacement
from tests.instances import KEYS, LAB, Stage
from tests.posts import Posts, posts
from tests.under_policy import infected

CASES = Cases()
EVIL = Ed25519PrivateKey.from_private_bytes(b"e" * 32)
NINE = replace(LAB, id="lab-9", key=EVIL.public_key().public_bytes_raw())
GUARD = "zz-gate-gate_guard"


def _believed(_: object, record: Record) -> Record:
    return replace(record, body=record.body.rpartition(b',"vouched":')[0] + b"}")


def _index(unit: Unit, kind: str, id: str) -> int | None:
    found, there = unit.index_of(f"instance:{kind}:{id}", 0), unit.first_record(kind, id)
    return 0 if found is None and there is not None and there.id == id else found


# Whatever bears a digest is believed; whatever has no leaf has one, and it opens.
DIGEST = replaced("mingma.flows.vouched_rows._VouchedUnit._opened", _believed)
LEAF = each(
    answers("mingma.flows.offices.fits_its_leaf", True),
    replaced("mingma.flows.offices.leaf_index", _index),
)


def edit(scene: Scene, kind: str, id: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a record says, and leave its digest as it is."""
    link = sqlite3.connect(scene.folder / FILE)
    with link:
        asked = "SELECT body FROM record WHERE kind = ? AND id = ?"
        body = json.loads(link.execute(asked, (kind, id)).fetchone()[0])
        change(body)
        put(link, kind, id, body)
    link.close()


def put(link: sqlite3.Connection, kind: str, id: str, body: dict[str, Any]) -> None:
    """Write a record with a digest that somebody made up."""
    told = body.pop("vouched", "A" * 43)
    whole = canonical(body)[:-1] + f',"vouched":"{told}"}}'.encode()
    link.execute(
        "INSERT OR REPLACE INTO record (kind, id, at, body) VALUES (?, ?, ?,"
        " CAST(? AS BLOB))", (kind, id, 0, whole),
    )  # fmt: skip


def in_office(scene: Scene) -> Posts:
    """Everybody in office on a file, and Ann with evidence of her own."""
    return scene.open(posts(scene.folder, scene.database))


def words(at: Stage) -> set[Amiss]:
    """What reconciling finds."""
    return {one.word for one in at.instance.reconcile()}


def alarms(at: Stage) -> list[str]:
    """What stands among the public alarms about rows of power."""
    with at.instance.store.read() as unit:
        found = unit.records_under("alarm", f"oversight.rows/{Amiss.NOT_VOUCHED.value}/")
    return [one.id for one in found]


def add_source(scene: Scene) -> None:
    """A laboratory that nobody registered."""
    link = sqlite3.connect(scene.folder / FILE)
    with link:
        columns = [row[1] for row in link.execute("PRAGMA table_info(source)")]
        row = dict(
            zip(columns, link.execute("SELECT * FROM source WHERE id = 'lab-1'").fetchone(),
                strict=True)
        ) | {"id": NINE.id, "key": NINE.key}  # fmt: skip
        link.execute(
            f"INSERT INTO source ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            [row[one] for one in columns],
        )
        put(link, SOURCE, NINE.id, json.loads(statement(NINE)))
    link.close()


def sends(at: Stage) -> None:
    """The laboratory that is none sends Ann's positive."""
    KEYS[NINE.id] = EVIL
    try:
        at.send(infected(), source=NINE.id)
    finally:
        KEYS.pop(NINE.id)


@CASES.case("Z9", "Z16", breaks=DIGEST)
def a_key_put_into_the_sources_brings_nothing_in(scene: Scene) -> None:
    made = scene.in_file()
    add_source(scene)
    with pytest.raises(NotVouched) as refused:
        sends(made)
    assert refused.value.details == {"kind": SOURCE, "id": NINE.id}
    assert len(alarms(made)) == 1  # at once, and not again and again
    assert Amiss.NOT_VOUCHED in words(made)
    with made.instance.store.read() as unit:
        assert not unit.people(["p-ann"])


def _without_effect(unit: Unit, context: object, sources: Any, name: str) -> Any:
    return sources.get(name)


@CASES.case(
    "Z9", "Z16", breaks=replaced("mingma.flows.receive_evidence.in_effect", _without_effect)
)
def a_source_that_the_log_knows_nothing_of_brings_nothing_in(scene: Scene) -> None:
    made = scene.watched()
    with made.instance.store.write() as unit:  # by whoever reads `evidence.key`, too
        unit.add_source(NINE)
    with pytest.raises(SourceNotInEffect):
        sends(made)
    assert words(made) == {Amiss.OFFICE_WITHOUT_LEAF}


@CASES.case("Z9", "Z59", breaks=each(DIGEST, LEAF))
def a_passkey_put_into_the_database_signs_nothing(scene: Scene) -> None:
    here = in_office(scene)
    key = Authenticator("dba")
    link = sqlite3.connect(scene.folder / FILE)
    with link:
        put(link, offices.PASSKEY, f"{MAKER}/000002", dict(key.as_registered()))
    link.close()
    here.keys[MAKER] = key
    with pytest.raises(NotVouched):
        here.open_case()
    assert len(alarms(here.stage)) == 1
    assert words(here.stage) == {Amiss.NOT_VOUCHED}


@CASES.case("Z9", "Z12", breaks=DIGEST)
def an_approval_put_into_the_database_is_nobody_s(scene: Scene) -> None:
    here = in_office(scene)
    proposal = here.propose("p-ann")
    before = here.standing(proposal)
    link = sqlite3.connect(scene.folder / FILE)
    with link:  # so that one accomplice of the province's would complete it
        put(link, APPROVAL, f"{proposal}/1", {
            "at": here.stage.clock(), "eligible": 5, "officer": "zz-hq-checker-0",
            "organ": "zz-hq", "refused": [], "seen": before.state.hex(),
        })  # fmt: skip
    link.close()
    assert here.standing(proposal) == before
    assert words(here.stage) == {Amiss.NOT_VOUCHED}


@CASES.case("Z9", "Z59", breaks=LEAF)
def a_passkey_without_its_leaf_signs_nothing_whoever_vouches(scene: Scene) -> None:
    here = in_office(scene)
    key = Authenticator("operator")
    body = {**key.as_registered(), "id": f"{MAKER}/000002", "nonce": "AAAA"}
    with here.stage.instance.store.write() as unit:  # by whoever reads `evidence.key`, too
        at = here.stage.clock()
        unit.add_record(Record(offices.PASSKEY, f"{MAKER}/000002", at, canonical(body)))
    here.keys[MAKER] = key
    with pytest.raises(offices.GrantNotSealed):
        here.open_case()
    assert words(here.stage) == {Amiss.OFFICE_WITHOUT_LEAF}


def make_investigator(body: dict[str, Any]) -> None:
    """What turns a gate's guard into an investigator of the CDC."""
    body.update(organ="zz-cdc", post="investigator")
    if "acts" in body:
        body["acts"] = ["open_case"]


@CASES.case("Z9", "Z59", breaks=each(DIGEST, LEAF))
def an_edited_office_gives_no_power(scene: Scene) -> None:
    here = in_office(scene)
    edit(scene, offices.OFFICER, GUARD, make_investigator)
    edit(scene, offices.GRANT, f"{GUARD}/0001", make_investigator)
    with pytest.raises(NotVouched):
        here.open_case(officer=GUARD)
    assert words(here.stage) == {Amiss.NOT_VOUCHED}


@CASES.case("Z9", "Z59", breaks=each(DIGEST, LEAF))
def an_edited_grant_is_a_public_attempt_and_gives_nothing(scene: Scene) -> None:
    here = in_office(scene)
    edit(scene, offices.GRANT, f"{GUARD}/0001", lambda body: body.update(ends=body["ends"] + DAY))
    with pytest.raises(Problem) as refused:
        here.act(GUARD, Act.CHECK_CODE, {})
    assert isinstance(refused.value, NotVouched)
    assert [one.policies for one in here.attempts()] == [("F01-granted",)]
    assert len(alarms(here.stage)) == 1


@CASES.case("Z9", "Z59", breaks=answers("mingma.flows.perform_act.offices.sealed_index", 0))
def a_grant_whose_end_was_deleted_stays_ended(scene: Scene) -> None:
    here = in_office(scene)
    here.act("ha-hc-registrar", Act.END_GRANT, {"grant": f"{MAKER}/0001"})
    here.stage.clock.forward(1)
    scene.sql(f"DELETE FROM record WHERE kind = 'grant_end' AND id = '{MAKER}/0001'")
    with pytest.raises(NotVouched):
        here.open_case()
    assert words(here.stage) == {Amiss.OFFICE_MISSING}


def _unseen(unit: Unit, kind: str, id: str) -> int | None:
    return None if id == f"{MAKER}/000002" else unit.index_of(f"instance:{kind}:{id}", 0)


@CASES.case("Z9", "Z59", breaks=replaced("mingma.flows.offices.leaf_index", _unseen))
def a_passkey_that_was_replaced_stays_dead_though_the_new_one_is_deleted(scene: Scene) -> None:
    here = in_office(scene)
    here.act("ha-hq-registrar", Act.REPLACE_PASSKEY, replacement(here, "ha-hc-registrar"))
    scene.sql(f"DELETE FROM record WHERE kind = 'passkey' AND id = '{MAKER}/000002'")
    with pytest.raises(NotVouched):  # under the lost one
        here.open_case()
    assert words(here.stage) == {Amiss.OFFICE_MISSING}


@CASES.case("Z9", breaks=DIGEST)
def an_edited_roster_draws_nobody(scene: Scene) -> None:
    here = in_office(scene)
    here.visits("p-ann")
    here.open_case()
    link = sqlite3.connect(scene.folder / FILE)
    ids = [row[0] for row in link.execute("SELECT id FROM record WHERE kind = 'shift'")]
    link.close()
    for id in ids:
        edit(scene, offices.SHIFT, id, lambda body: body.update(shifts=body["shifts"][:1]))
    proposal = here.propose("p-ann")
    here.stage.clock.forward(5)
    with pytest.raises(NobodyEligible):
        here.drawn(proposal)
    assert here.stage.colour("p-ann") == "green"
    here.stage.instance.keep_duties()
    assert alarms(here.stage)


@CASES.case("Z9", breaks=answers("mingma.flows.reconcile_leaves.missing", ""))
def a_roster_taken_away_is_named_by_its_leaf(scene: Scene) -> None:
    here = in_office(scene)
    with here.stage.instance.store.read() as unit:
        first = unit.records(offices.SHIFT)[0].id
        index = offices.leaf_index(unit, offices.SHIFT, first)
    scene.sql(f"DELETE FROM record WHERE kind = 'shift' AND id = '{first}'")
    found = list(here.stage.instance.reconcile())
    assert [(one.word, one.index) for one in found] == [(Amiss.OFFICE_MISSING, index)]


@CASES.case("Z9", "Z59", breaks=answers("mingma.flows.reconcile_offices._check_named", ()))
def an_officer_or_organ_taken_away_is_named_by_what_speaks_of_it(scene: Scene) -> None:
    here = in_office(scene)
    gone = {"officer": f"'{MAKER}'", "organ": "'zz-police', 'zz-cdc'"}  # one has a liaison alone
    for kind, ids in gone.items():
        scene.sql(f"DELETE FROM record WHERE kind = '{kind}' AND id IN ({ids})")
    found = list(here.stage.instance.reconcile())
    assert {(one.word, one.what) for one in found} == {
        (Amiss.OFFICE_MISSING, f"officer {MAKER}"),
        (Amiss.OFFICE_MISSING, "organ zz-cdc"),
        (Amiss.OFFICE_MISSING, "organ zz-police"),
    }
    with here.stage.instance.store.read() as unit:
        about = {one.what.partition(" ")[0]: one.index for one in found}
        for kind, index in about.items():
            assert index is not None, kind
            [entry] = unit.leaves(index, index + 1)
            assert parse(entry)[0].kind in {Kind.KEY_ROTATE, Kind.GRANT_GIVE}


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
