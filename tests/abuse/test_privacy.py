"""What is kept, published and sent on, and other provinces' statements.

Z4, Z8, Z28, Z67, Z69, Z71, Z83, Z90.
"""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
from collections import Counter
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from mingma.appeals.terms import ANSWER
from mingma.authority.acts import Act
from mingma.authority.matters import Service
from mingma.cli import app
from mingma.codes.check import check
from mingma.codes.results import Result
from mingma.codes.token import Flags
from mingma.engines.cedar import CedarEngine
from mingma.flows.erase import KEPT_AFTER
from mingma.flows.kept_keys import KeptKeys
from mingma.flows.stored_head import HeadBehind
from mingma.kernel.times import DAY, Instant
from mingma.kernel.words import Colour
from mingma.ledger.commitment import enrolment, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.rules.guard import RuleRefused
from mingma.settings import BadSetting, Settings, read_settings
from mingma.web import desk
from mingma.web.render import go_to
from mingma.web.visitor import instance_of
from tests.abuse.case import Cases, answers, held_and_broken, replaced, without_rails
from tests.abuse.scene import Scene, leaves
from tests.cosigned import proving
from tests.instances import NOW, at, contact, envelope, ndjson, sample
from tests.pictures import on_paper
from tests.unit.authority import grid
from tests.unit.rules.tiny import pack
from tests.web.site import site

CASES = Cases()
END = Instant(NOW + 59 * DAY)  # of the emergency that a stage declares

# -- Z4, Z90: other provinces


def statement(id: str, subject: str = "p-ann", colour: str = "red") -> dict[str, Any]:
    """Another province's red, with evidence named."""
    return {
        "id": id, "kind": "foreign_statement", "subject": subject, "at": at(-1),
        "data": {"issuer": "110000", "rule": "BJ-1", "colour": colour, "evidence": ["bj/1"]},
    }  # fmt: skip


COPIED = "when: {kind: foreign_statement, colour: red}\nphases:\n  - {colour: red, days: [0, 7]}\n"


@CASES.case("Z4", "Z90", breaks=answers("mingma.rules.guard._refusals", ()))
def no_rule_copies_another_province_s_colour(scene: Scene) -> None:
    with pytest.raises(RuleRefused):
        pack(COPIED)


@CASES.case(
    "Z4", "Z90",
    breaks=replaced("mingma.flows.record_door.Door._may_bring", lambda *_: None),
)  # fmt: skip
def thirteen_hundred_statements_of_a_lax_province_change_nobody(scene: Scene) -> None:
    made = scene.watched()
    client = scene.client(made)
    some = [f"p-{n:03}" for n in range(60)]
    made.send(*(sample(ref, ref, result="negative") for ref in some), source="lab-1")
    answer = client.send_records(*(statement(f"f{n}", f"p-{n % 60:03}") for n in range(1317)))
    assert (answer["admitted"], answer["refused"]) == (0, 1317)
    assert {made.colour(ref) for ref in some} == {"green"}


@CASES.case("Z4", "Z90", breaks=without_rails("F23-foreign"))
def a_statement_counts_only_signed_logged_evidenced_by_our_own_rule_and_in_budget(
    scene: Scene,
) -> None:
    engine = CedarEngine()
    base = grid.HELPING | dict.fromkeys(grid.OFFICER, False)
    own = {name: values[0] for name, values in grid.FACTS["recognise"].items()}
    cell = base | own | {"who": "service", "service": Service.RECOGNITION, "act": "recognise"}
    assert engine.decide(grid.request(cell)).allowed
    for lacking in (
        "issuer_signed", "evidence_named", "logged", "rule_matches", "within_budget", "emergency",
    ):  # fmt: skip
        assert not engine.decide(grid.request(cell | {lacking: False})).allowed, lacking


# -- Z28: lists of identities


IDS = ("410105199003070016", "410105199003070032", "410105199003070059")


def sheet(*rows: tuple[str, ...]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def sent_as_records(request: Any, *_: Any) -> Any:
    """A desk that makes a record of each identity."""
    instance = instance_of(request)
    key = desk._open(instance)
    body = ndjson([sample(f"list-{n}", f"p-list-{n}", result="negative") for n in range(len(IDS))])
    instance.receive(replace(envelope(body), source=desk.SOURCE, signature=key.sign(body)))
    return go_to("/import")


@CASES.case("Z28", "Z8", breaks=replaced("mingma.web.pages.imports._send", sent_as_records))
def a_sheet_of_bare_identities_at_the_import_desk_is_sent_nowhere(scene: Scene) -> None:
    visit = scene.open(site(scene.folder))
    visit.to_desk()
    before = visit.counts()
    for kind in ("test", "contact_finding"):
        for rows in (
            [("身份证号",), *((one,) for one in IDS)],
            [("姓名", "身份证号", "健康码颜色"), *(("张三", one, "红码") for one in IDS)],
        ):
            file = {"file": ("list.csv", sheet(*rows), "text/csv")}
            answer = visit.post("/import", files=file, kind=kind)
            if answer.status_code != 303:
                continue
            address = str(answer.headers["location"])
            path, _, query = address.partition("?")
            visit.post(f"{path}/confirm?{query}")
    assert visit.counts() == before


def with_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that takes a list."""
    command = App(name="import")
    command.default(took)
    monkeypatch.setitem(app._commands, "import", command)


def took(_list: Path) -> int:
    return 0


@CASES.case("Z28", breaks=with_an_import)
def no_command_imports_a_list_or_sets_a_colour(scene: Scene) -> None:
    (scene.folder / "ids.csv").write_bytes(sheet(("id",), *((one,) for one in IDS)))
    for words in (("import",), ("mark",), ("colour", "red"), ("source", "import"), ("people",)):
        status, _ = scene.run(*words, scene.folder / "ids.csv")
        assert status != 0, words


@CASES.case("Z28", "Z8", breaks=answers("mingma.cli.source.may_own", value=True))
def police_and_social_control_are_registered_as_sources_of_nothing(scene: Scene) -> None:
    made = scene.in_file()
    made.instance.close()
    key = scene.folder / "key"
    key.write_text("bGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGw=")
    for organ in ("police", "headquarters_social_control", "stability_office", "supplier"):
        status, said = scene.run(
            "source", "register", "--id", f"feed-{organ.replace('_', '-')}", "--organ", "x",
            "--title", "110 warning list", "--key", key, "--kinds", "check_in",
            "--organ-kind", organ, "--database", scene.database,
        )  # fmt: skip
        assert status != 0, said


# -- Z67: public leaves


class Telling(Leaf):
    """Leaves in which the organ of the hour is told apart."""

    numbers = count()


def told_apart(**said: Any) -> Leaf:
    """A leaf that says more than it must."""
    return Leaf(**{**said, "organ": f"{said['organ']}-{next(Telling.numbers)}"})


@CASES.case("Z67", breaks=replaced("mingma.flows.decide.Leaf", told_apart))
def a_known_event_fits_forty_leaves_alike(scene: Scene) -> None:
    made = scene.specimen()
    made.send(*(contact(f"c{n}", f"p-{n:02}", hours=-24 - n / 60) for n in range(40)))
    decided = leaves(made, Kind.DECISION)
    rest = Counter(replace(one, commitment=b"c" * 32, tag=b"s" * 16) for one in decided)
    assert list(rest.values()) == [40]  # beside commitment and tag they are one and the same


def guessable(key: bytes, number: int) -> bytes:
    """A tag of what everybody knows."""
    return sha256(b"p-07" + number.to_bytes(4, "big")).digest()[:16] if number else tag(key, number)


@CASES.case("Z67", breaks=replaced("mingma.flows.decide.tag", guessable))
def no_tag_is_a_hash_of_what_a_register_has(scene: Scene) -> None:
    made = scene.specimen()
    for n in range(10):
        made.send(contact(f"c{n}", f"p-{n:02}"))
    tags = {one.tag for one in leaves(made, Kind.DECISION, Kind.ENROL)}
    assert len(tags) == 20
    for n in range(10):
        for number in range(4):
            guess = sha256(f"p-{n:02}".encode() + number.to_bytes(4, "big")).digest()[:16]
            assert guess not in tags


# -- Z69: what is erased


@CASES.case("Z69", breaks=answers("mingma.duties.keep_retention", 0))
def when_its_time_is_over_no_row_has_her_and_a_leaf_says_so(scene: Scene) -> None:
    made = scene.in_file()
    made.send(contact("c1"), sample("t2", "p-bob", result="negative"))
    assert "p-ann" in scene.dump()
    made.clock.now = Instant(END + KEPT_AFTER)
    made.instance.keep_duties()
    assert leaves(made, Kind.ERASE_BATCH)
    made.instance.close()
    left = scene.dump()
    assert "p-ann" not in left
    assert "p-bob" not in left


@CASES.case("Z69", breaks=answers("mingma.flows.second_head.SecondHead.must_be_behind", None))
def a_backup_from_before_the_erasure_does_not_start(scene: Scene) -> None:
    made = scene.in_file()
    made.send(contact("c1"))
    before = scene.copy("before.db")
    made.clock.now = Instant(END + KEPT_AFTER)
    made.instance.keep_duties()
    made.instance.close()
    for journal in ("a.db-wal", "a.db-shm"):
        (scene.folder / journal).unlink(missing_ok=True)
    shutil.copy(before, scene.folder / "a.db")
    with pytest.raises(HeadBehind):
        scene.restart()


def _in_the_clear(_: KeptKeys, ref: str, key: bytes) -> bytes:
    return key


@CASES.case("Z69", breaks=replaced("mingma.flows.kept_keys.KeptKeys.kept", _in_the_clear))
def a_copy_of_the_database_alone_opens_no_leaf(scene: Scene) -> None:
    made = scene.in_file()
    made.send(contact("c1"), contact("c2", "p-bob"))
    enrolled = {one.commitment for one in leaves(made, Kind.ENROL)}
    assert len(enrolled) == 2
    made.instance.close()
    link = sqlite3.connect(scene.copy("backup.db"))
    columns = link.execute("SELECT * FROM person").fetchall()
    link.close()
    held = [value for row in columns for value in row if isinstance(value, bytes)]
    assert len(held) == 2
    for one in held:
        assert not enrolled & {enrolment(one[at : at + 32]) for at in range(len(one) - 31)}


# -- Z71: feeds to other agencies


@CASES.case("Z71", breaks=answers("mingma.settings.settings_of", Settings()))
def no_setting_sends_anything_anywhere(scene: Scene) -> None:
    for key in ("WEBHOOK", "EXPORT", "FORWARD_TO", "ETL", "KAFKA", "SYNC"):
        with pytest.raises(BadSetting, match="no such setting"):
            read_settings({f"MINGMA_{key}": "https://credit.example/codes"})


# -- Z83: people without a phone


@CASES.case("Z83", breaks=replaced("mingma.appeals.appeal.Appeal.lapses", False))
def who_has_no_phone_is_heard_at_the_counter_on_the_same_terms(scene: Scene) -> None:
    here = scene.office()
    paper = {"type": "resident_id", "number": "410103199003071237"}
    named = {name: value for name, value in contact().items() if name != "subject"}
    here.stage.send({**named, "identity": paper})
    ref = here.stage.instance.identify(paper)
    assert here.stage.colour(ref) == "red"
    filed = {"identity": paper, "channel": "paper", "asked": True, "form": {"asked": "object"}}
    here.done("erqi-community-community_worker", Act.FILE_FOR, filed)
    here.stage.clock.forward(ANSWER.seconds)
    assert here.stage.colour(ref) == "green"


@CASES.case("Z83", breaks=answers("mingma.flows.show_code.proven_frame", None))
def a_code_on_paper_carries_its_proof_and_its_end(scene: Scene) -> None:
    made = scene.open(site(scene.folder))
    made.sign_in("p-red")
    proving(made.scene).cosign()
    instance, sheet = made.scene.instance, on_paper(made.text("/code/paper"))
    assert len(sheet) == 2
    gate = partial(
        check, sheet[0],
        trust=instance.trust, receipt=sheet[1], landmarks=instance.landmarks(),
    )  # fmt: skip
    checked = gate(made.scene.clock())  # by a gate without a network
    assert (checked.result, checked.colour) == (Result.OK, Colour.RED)
    assert checked.bearer is not None
    assert Flags.PAPER in checked.bearer.flags
    assert gate(checked.bearer.expires_at).result is Result.EXPIRED


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
