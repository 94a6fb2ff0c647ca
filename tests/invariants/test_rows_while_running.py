"""P3: rows that somebody changes under a running instance make nobody's page worse, and are named.

Each deed is done to the file itself, by a connection of the evil-doer's own, with the very bytes
that the program would have written: a decision with its own leaf's bytes brought back, a fact with
another's receipt. What is better than it should be is not stopped at once: the nightly look names
it. So it does with the two that a running instance cannot see in one person's rows (`REMAINS`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mingma.flows.decide import redecide
from mingma.flows.proven_decision import proven_index
from mingma.flows.reconcile_found import HARMLESS, Amiss
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.tiles import WIDTH, bundle, entries_in
from tests.appealing import object_to
from tests.instances import contact, sample, withdrawal
from tests.under_policy import Watched, infected, under_policy

PEOPLE = ("p-ann", "p-bob", "p-cyd")
Link = sqlite3.Connection


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Watched]:
    """Ann was red and is green, Bob is red, Cyd is green: on a file, under a policy."""
    with under_policy(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        everybody = [sample(f"t-{ref}", ref, -30, result="negative") for ref in PEOPLE]
        made.send(*everybody, source="lab-1")
        made.send(infected("i1"), infected("i2", "p-bob"), source="lab-1")
        made.clock.forward(HOUR)
        made.approve(withdrawal("lab-1/i1", hours=0.5))
        made.instance.ask_witnesses()
        assert [made.colour(ref) for ref in PEOPLE] == ["green", "red", "green"]
        assert made.instance.reconcile() == []
        yield made


def newest(link: Link, ref: str) -> tuple[int, str]:
    row = link.execute(
        "SELECT number, body FROM decision WHERE sid = ? ORDER BY number DESC", [ref]
    ).fetchone()
    return int(row[0]), str(row[1])


def red_body(link: Link, ref: str, number: int) -> str:
    """Bob's red, as if it were decided about somebody else."""
    _, body = newest(link, "p-bob")
    mine, _ = newest(link, "p-bob")
    return body.replace("p-bob", ref).replace(f'"number":{mine}', f'"number":{number}')


def edited(link: Link) -> None:
    number, _ = newest(link, "p-cyd")
    body = red_body(link, "p-cyd", number)
    link.execute("UPDATE decision SET body = ? WHERE sid = 'p-cyd' AND number = ?", [body, number])


def inserted(link: Link) -> None:
    number = newest(link, "p-cyd")[0] + 1
    body = red_body(link, "p-cyd", number)
    row = [
        "p-cyd",
        number,
        link.execute("SELECT max(decided_at) FROM decision").fetchone()[0],
        body,
    ]
    link.execute("INSERT INTO decision VALUES (?, ?, ?, ?)", row)
    link.execute("UPDATE person SET events = ? WHERE sid = 'p-cyd'", [number])


def deleted(link: Link) -> None:
    """What made Ann green again is gone, and the count of her events with it."""
    number, _ = newest(link, "p-ann")
    link.execute("DELETE FROM notice WHERE sid = 'p-ann' AND number = ?", [number])
    link.execute("DELETE FROM decision WHERE sid = 'p-ann' AND number = ?", [number])
    link.execute("UPDATE person SET events = ? WHERE sid = 'p-ann'", [number - 1])


def restored(link: Link) -> None:
    """Ann's red, which was true once, stands where her green did."""
    number, _ = newest(link, "p-ann")
    (old,) = link.execute(
        "SELECT body FROM decision WHERE sid = 'p-ann' AND body LIKE '%\"red\"%'"
    ).fetchone()
    link.execute("UPDATE decision SET body = ? WHERE sid = 'p-ann' AND number = ?", [old, number])


def withdrawal_deleted(link: Link) -> None:
    link.execute("DELETE FROM fact WHERE sid = 'p-ann' AND body LIKE '%withdrawal%'")


def decision_and_withdrawal_deleted(link: Link) -> None:
    deleted(link)
    withdrawal_deleted(link)


def whole_past_restored(link: Link) -> None:
    """… and the leaf says that her last act is somebody's who was erased."""
    number, _ = newest(link, "p-ann")
    decision_and_withdrawal_deleted(link)
    link.execute(
        "UPDATE leaf SET sid = 'erased', number = i WHERE sid = 'p-ann' AND number = ?", [number]
    )


def fact_inserted(link: Link) -> None:
    """Bob's infection is Cyd's too, with Bob's receipt under another id."""
    link.execute(
        "INSERT INTO fact SELECT 'p-cyd', at, 'lab-1/i9', source,"
        " replace(replace(body, 'p-bob', 'p-cyd'), 'lab-1/i2', 'lab-1/i9')"
        " FROM fact WHERE sid = 'p-bob' AND body LIKE '%infection%'"
    )
    link.execute(
        "INSERT INTO receipt SELECT source, 'lab-1/i9', digest, received_at, batch"
        " FROM receipt WHERE id = 'lab-1/i2'"
    )


def fact_edited(link: Link) -> None:
    link.execute(
        "UPDATE fact SET body = (SELECT replace(replace(body, 'p-bob', 'p-cyd'),"
        " 'lab-1/i2', 'lab-1/t-p-cyd') FROM fact"
        " WHERE sid = 'p-bob' AND body LIKE '%infection%') WHERE sid = 'p-cyd'"
    )


def leaf_edited(link: Link) -> None:
    def reddened(row: bytes) -> bytes:
        entries, _ = entries_in(row, len(row))
        return bundle([one.replace(b'"green"', b'"red"') for one in entries])

    link.create_function("reddened", 1, reddened)
    link.execute("UPDATE sealed SET entries = reddened(entries)")


def cosigned_early(link: Link) -> None:
    """A head that the witnesses never saw covers whatever comes."""
    link.execute(
        "INSERT INTO record SELECT kind, '0000000000000009999', at, body FROM record"
        " WHERE kind = 'cosigned' ORDER BY id DESC LIMIT 1"
    )


DEEDS: tuple[Callable[[Link], None], ...] = (
    edited, inserted, deleted, restored, decision_and_withdrawal_deleted, fact_inserted,
    fact_edited, leaf_edited, cosigned_early,
)  # fmt: skip
# What freed somebody is gone, and she is decided anew on the rest; all rows about somebody are
# those of an earlier day, and the log's table says that her later leaves are nobody's.
REMAINS = {withdrawal_deleted: Amiss.FACTS_MISSING, whole_past_restored: Amiss.EVENT_HIDDEN}


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: str(deed.__name__))
def test_p3_no_changed_row_makes_a_page_worse_under_a_running_instance_and_each_is_named(
    running: Watched, tmp_path: Path, deed: Callable[[Link], None]
) -> None:
    do(deed, tmp_path)
    assert [found(running, ref) for ref in PEOPLE] <= [0, SEVERITY[Colour.RED], 0]
    assert found(running, "p-ann") == found(running, "p-cyd") == 0
    words = {one.word for one in running.instance.reconcile()} - HARMLESS
    assert words, "nothing names it"
    # … nor does deciding anew on such rows, or time, or a head that is cosigned after it.
    for ref in PEOPLE:
        with suppress(Problem):
            running.instance.renew(ref)
    with suppress(Problem):
        running.instance.ask_witnesses()
    for hours in (0, 1, 24):
        running.clock.forward(hours * HOUR)
        assert found(running, "p-ann") == found(running, "p-cyd") == 0
    running.clock.forward(60 * DAY)
    assert [found(running, ref) for ref in PEOPLE] == [0, 0, 0]


def appeal_deleted(link: Link) -> None:
    link.execute("DELETE FROM record WHERE kind = 'appeal'")


def appeal_put_off(link: Link) -> None:
    for id, body in link.execute("SELECT id, body FROM record WHERE kind = 'appeal'").fetchall():
        said = json.loads(body)
        later = canonical({**said, "due": said["due"] + DAY})
        link.execute("UPDATE record SET body = ? WHERE kind = 'appeal' AND id = ?", [later, id])


@pytest.mark.parametrize("deed", [appeal_deleted, appeal_put_off], ids=lambda deed: deed.__name__)
def test_p3_what_fell_by_silence_stays_fallen_where_the_appeal_s_row_is_gone_or_another(
    running: Watched, tmp_path: Path, deed: Callable[[Link], None]
) -> None:
    running.approve({**contact("c1", "p-cyd", hours=0.2), "organ": "zz-hc", "region": "410105"})
    running.instance.ask_witnesses()
    assert running.colour("p-cyd") == "red"
    object_to(running, "p-cyd")
    running.clock.forward(9 * HOUR)
    assert running.colour("p-cyd") == "green"
    do(deed, tmp_path)
    assert found(running, "p-cyd") == 0
    assert {one.word for one in running.instance.reconcile()} - HARMLESS


def appeal_and_leaf_unreadable(link: Link) -> None:
    """… and nobody can read in its leaf that there was one."""
    appeal_deleted(link)
    link.create_function("bent", 1, lambda row: row.replace(b'"appeal.open"', b'"appeal.oven"'))
    link.execute("UPDATE sealed SET entries = bent(entries) WHERE entries != bent(entries)")


def appeal_and_act_deleted(link: Link) -> None:
    """… nor, by the table, whose act its leaf was."""
    (id,) = link.execute("SELECT id FROM record WHERE kind = 'appeal'").fetchone()
    appeal_deleted(link)
    link.execute("DELETE FROM leaf WHERE sid = 'p-cyd' AND number = ?", [int(id.split("/")[1])])


@pytest.mark.parametrize(
    "deed", [appeal_and_leaf_unreadable, appeal_and_act_deleted], ids=lambda deed: deed.__name__
)
def test_p3_what_fell_by_silence_stays_fallen_where_the_appeal_s_leaf_is_gone_too(
    running: Watched, tmp_path: Path, deed: Callable[[Link], None]
) -> None:
    """A decision followed the appeal, nobody has looked at her page, and her leaf is far back."""
    running.approve({**contact("c1", "p-cyd", hours=0.2), "organ": "zz-hc", "region": "410105"})
    object_to(running, "p-cyd")
    running.approve(*(sample(f"s{n}", f"p-{n}", -30, result="negative") for n in range(WIDTH)))
    with running.instance.acting() as unit:
        redecide(unit, running.instance.context, {"p-cyd"}, running.clock(), anew={"p-cyd"})
    running.send(infected("i3", "p-dan"), source="lab-1")
    running.instance.ask_witnesses()
    at_the_gate = proven_at_the_gate(running, "p-cyd")
    running.clock.forward(9 * HOUR)
    assert running.colour("p-dan") == "red"  # its proof has read the tree
    do(deed, tmp_path)
    assert found(running, "p-cyd") == 0
    assert (at_the_gate, proven_at_the_gate(running, "p-cyd")) == (True, False)
    named = [one for one in running.instance.reconcile() if one.word not in HARMLESS]
    assert any(one.index is not None and one.subject == "p-cyd" for one in named)


def proven_at_the_gate(running: Watched, ref: str) -> bool:
    """Whether who looks her up by card, or orders her isolation, finds her decision proven."""
    with running.instance.store.read() as unit:
        number = unit.decisions_of(ref)[-1].number
        person = unit.people([ref])[ref]
        return proven_index(unit, running.instance.context, person, number) is not None


@pytest.mark.parametrize("deed", REMAINS, ids=lambda deed: str(deed.__name__))
def test_p3_what_remains_until_the_nightly_audit_is_named_by_it(
    running: Watched, tmp_path: Path, deed: Callable[[Link], None]
) -> None:
    do(deed, tmp_path)
    assert found(running, "p-cyd") == 0
    assert REMAINS[deed] in {one.word for one in running.instance.reconcile()}


def do(deed: Callable[[Link], None], folder: Path) -> None:
    """The deed, done beside the running instance."""
    link = sqlite3.connect(folder / "a.db")
    link.execute("PRAGMA foreign_keys = OFF")
    deed(link)
    assert link.total_changes > 0
    link.commit()
    link.close()


def found(running: Watched, ref: str) -> int:
    """How bad the page is; one that cannot be shown says nothing against anybody."""
    with suppress(Problem):
        return SEVERITY.get(running.instance.show(ref, "zh").colour, 0)
    return 0
