"""What somebody with every right on the machine does to a province's log, one way at a time.

Each way says what the audit must name, and at which leaf; a word with a dot is the slug with which
the audit refuses what it was given. `start` is the exit status of a start on what is left.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch

import httpx

from mingma.codes.decision import Decision
from mingma.flows.cosigned import size_id
from mingma.flows.decide import redecide
from mingma.flows.export_log import export_log
from mingma.flows.full_head import FullHeads
from mingma.flows.kept_keys import KeptKeys
from mingma.flows.publish_log import PublicLog
from mingma.flows.second_head import FILE
from mingma.kernel.times import DAY, Instant, day_of
from mingma.keys import EVIDENCE_KEY, evidence_key, log_keys
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.commitment import commitment, nonce, tag
from mingma.ledger.landmarks import Landmarks, parse_landmarks
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.note import Note, sign
from mingma.ledger.sealing import seal
from mingma.ledger.tree import Tree, leaf_hash
from mingma.storage import open_store
from tests.sealed_rows import edit_rows, sealed_rows
from tests.stories.three_logs.good import ANN, BOB, CYD, DAN, Copy, Good

Index = Callable[[Good], int]


@dataclass(frozen=True, slots=True)
class Way:
    """An edit, and what must follow."""

    edit: Callable[[Copy], None]
    word: str
    index: Index | None
    start: int = 4
    live: bool = True  # it can be done beside a running instance
    asks: bool = False  # the start asks the true witnesses


def of(subject: str, number: int) -> Index:
    return lambda good: good.index(subject, number)


def ann_or_bob(good: Good) -> int:
    return min(good.index(ANN, 1), good.index(BOB, 1))


def ann_or_bob_enrolled(good: Good) -> int:
    return min(good.index(ANN, 0), good.index(BOB, 0))


def last(good: Good) -> int:
    return good.size - 1


def sql(*statements: str) -> Callable[[Copy], None]:
    return lambda copy: copy.sql(*statements)


def she(subject: str, number: int | None = None) -> str:
    return f"WHERE sid = '{subject}'" + ("" if number is None else f" AND number = {number}")


HER_RED = (  # Ann's decision with another name in it
    f"SELECT replace(replace(body, '{ANN}', '{CYD}'), 'number\":1', 'number\":{{}}')"
    f" FROM decision {she(ANN, 1)}"
)
NEWEST = "id = (SELECT max(id) FROM record WHERE kind = 'cosigned')"

# -- the database


def _red_of_cyd(copy: Copy, number: int) -> tuple[Decision, bytes]:
    """A red decision about Cyd, and the unsealed leaf that commits to it under her true key."""
    ((body,),) = copy.rows(f"SELECT body FROM decision {she(ANN, 1)}")
    body = str(body).replace(ANN, CYD).replace('number":1', f'number":{number}')
    decision = Decision.read(body.encode())
    ((kept,),) = copy.rows(f"SELECT key FROM person {she(CYD)}")
    key = _kept_keys(copy).opened(CYD, kept)
    assert key is not None
    leaf = Leaf(
        kind=Kind.DECISION,
        commitment=commitment(nonce(key, number), decision.body()),
        tag=tag(key, number),
        organ="command.henan.example/codes",
        rule="cn-henan-2021-08/HA-R1",
        before="green",
        after="red",
    )
    return decision, leaf.unsealed()


def _kept_keys(copy: Copy) -> KeptKeys:
    """What opens each K: its key is on the machine."""
    return KeptKeys(evidence_key(copy.folder / "keys" / EVIDENCE_KEY))


def _another_key(copy: Copy) -> None:
    copy.sql(f"UPDATE person SET key = :key {she(CYD)}", key=_kept_keys(copy).kept(CYD, bytes(32)))


def _swap_keys(copy: Copy) -> None:
    copy.sql(
        f"UPDATE person SET key = (SELECT key FROM person AS other WHERE other.sid ="
        f" CASE person.sid WHEN '{ANN}' THEN '{BOB}' ELSE '{ANN}' END)"
        f" WHERE sid IN ('{ANN}', '{BOB}')"
    )


def _outbox(copy: Copy) -> None:
    """A leaf for the next seal, and no row beside it."""
    _, unsealed = _red_of_cyd(copy, 2)
    copy.sql(
        "INSERT INTO outbox VALUES (:sid, 2, :leaf, :now)",
        sid=CYD, leaf=unsealed, now=copy.good.province.clock(),
    )  # fmt: skip


def _outbox_with_rows(copy: Copy) -> None:
    """… and every row that belongs to it."""
    decision, _ = _red_of_cyd(copy, 2)
    now = copy.good.province.clock()
    _outbox(copy)
    copy.sql(
        "INSERT INTO decision VALUES (:sid, 2, :at, :body)",
        sid=CYD, at=now, body=decision.body().decode(),
    )  # fmt: skip
    copy.sql(
        f"INSERT INTO notice SELECT '{CYD}', 2, at, body FROM notice {she(ANN, 1)}",
        f"UPDATE person SET events = 2 {she(CYD)}",
    )


def _edit(copy: Copy) -> None:
    """An entry anew, and its row packed anew."""
    index = copy.good.index(CYD, 1)
    with sealed_rows(copy.database) as rows:
        rows.put(index, rows.entry(index).replace(b'"to":"green"', b'"to":"red"'))


def _edit_bytes(copy: Copy) -> None:
    """An entry's bytes where they lie; the lengths in its row are no longer true."""
    index = copy.good.index(CYD, 1)
    old = copy.good.entries[index]
    new = old.replace(b'"to":"green"', b'"to":"red"')
    edit_rows(copy.database, lambda data: data.replace(old, new))


def _swap_acts(copy: Copy) -> None:
    one, two = copy.good.index(ANN, 1), copy.good.index(BOB, 1)
    copy.sql(
        f"UPDATE leaf SET i = -1 WHERE i = {one}",
        f"UPDATE leaf SET i = {one} WHERE i = {two}",
        f"UPDATE leaf SET i = {two} WHERE i = -1",
    )


def _swap_entries(copy: Copy) -> None:
    with sealed_rows(copy.database) as rows:
        rows.swap(copy.good.index(ANN, 1), copy.good.index(BOB, 1))


def _swap(copy: Copy) -> None:
    """Two leaves, and whose act each is."""
    _swap_entries(copy)
    _swap_acts(copy)


def _insert_leaf(copy: Copy) -> None:
    """In the middle: everything after it moves on by one, and whose act it is."""
    at = copy.good.index(ANN, 1)
    with sealed_rows(copy.database) as rows:
        entry = rows.entry(at)
        rows.put(at, entry, entry)
        rows.move(at + 1, by=1)
    copy.sql(
        f"UPDATE leaf SET i = -i - 1 WHERE i >= {at}",
        "UPDATE leaf SET i = -i WHERE i < 0",
        f"INSERT INTO leaf SELECT {at}, sid, 9 FROM leaf {she(ANN, 1)}",
    )


def _add_leaf(copy: Copy) -> None:
    """Beyond the head."""
    with sealed_rows(copy.database) as rows:
        rows.by_index[copy.good.size] = [rows.entry(copy.good.index(ANN, 1))]


def _delete_leaf(copy: Copy) -> None:
    """An entry out of its row, and whose act it was."""
    with sealed_rows(copy.database) as rows:
        rows.put(copy.good.index(ANN, 1))
    copy.sql(f"DELETE FROM leaf {she(ANN, 1)}")


def middle(good: Good) -> int:
    """The first leaf of a row in the middle of the log that has several."""
    with sealed_rows(good.folder / "mingma.db") as rows:
        several = [first for first, entries in rows.by_index.items() if first and len(entries) > 1]
    return several[len(several) // 2]


def _insert_row(copy: Copy) -> None:
    """A row of one leaf within another's."""
    with sealed_rows(copy.database) as rows:
        rows.by_index[middle(copy.good) + 1] = [rows.entry(copy.good.index(ANN, 1))]


def _swap_rows(copy: Copy) -> None:
    one, two = middle(copy.good), 0
    with sealed_rows(copy.database) as rows:
        rows.by_index[one], rows.by_index[two] = rows.by_index[two], rows.by_index[one]


def _older_head(copy: Copy) -> None:
    """The head of yesterday over the leaves of today."""
    yesterday = Copy(copy.good, copy.good.yesterday)
    ((size, note),) = yesterday.rows("SELECT size, note FROM head")
    copy.sql("UPDATE head SET size = :size, note = :note", size=size, note=note)


def size_yesterday(good: Good) -> int:
    ((size,),) = Copy(good, good.yesterday).rows("SELECT size FROM head")
    assert isinstance(size, int)
    return size


def _backup(copy: Copy) -> None:
    shutil.copy(copy.good.yesterday / "mingma.db", copy.database)


def _backup_and_second_head(copy: Copy) -> None:
    _backup(copy)
    shutil.copy(copy.good.yesterday / "keys" / FILE, copy.folder / "keys" / FILE)


def _beyond(copy: Copy) -> None:
    """A cosigned head larger than the log: whatever comes would count as cosigned in time."""
    copy.sql(
        "INSERT INTO record SELECT kind, :id, at, body FROM record"
        f" WHERE kind = 'cosigned' AND {NEWEST}",
        id=size_id(10**9),
    )


def _back_dated(copy: Copy) -> None:
    """The operator's own build reads no log time: it decides for Ann as of yesterday."""
    instance = copy.open()
    try:
        now = Instant(copy.good.province.clock() - DAY)
        as_asked = patch("mingma.flows.decide.log_time", lambda _unit, now: now)
        with as_asked, instance.acting() as unit:
            redecide(unit, instance.context, {ANN}, now, anew={ANN})
    finally:
        instance.close()


def _second_history(copy: Copy) -> None:
    """Cyd was red from the first day: row, leaf and head fit, signed with the log's true key."""
    decision, unsealed = _red_of_cyd(copy, 1)
    index, size = copy.good.index(CYD, 1), copy.good.size
    entries = list(copy.good.entries)
    entries[index] = seal(unsealed, day_of(decision.decided_at))
    settings = copy.good.province.settings(copy.folder)
    key, _ = log_keys(copy.folder / "keys", settings.origin)
    root = Tree(leaf_hash(entry) for entry in entries).root(size)
    text = str(Checkpoint(settings.origin, size, root))
    note = bytes(Note(text, (sign(text, key.key, key.sign),)))
    with sealed_rows(copy.database) as rows:
        rows.put(index, entries[index])
    copy.sql("UPDATE head SET note = :note", note=note)
    copy.sql(
        f"UPDATE decision SET body = :body {she(CYD, 1)}",
        body=decision.body().decode(),
    )
    copy.sql("DELETE FROM record WHERE kind IN ('cosigned', 'cosigned_mldsa')")
    (copy.folder / "keys" / FILE).unlink()


ROWS: Final[dict[str, Way]] = {
    "a red in the place of a green": Way(
        sql(f"UPDATE decision SET body = ({HER_RED.format(1)}) {she(CYD)}"),
        "decision_differs", of(CYD, 1),
    ),
    "a red made green": Way(
        sql(f"UPDATE decision SET body = replace(body, '\"red\"', '\"green\"') {she(ANN)}"),
        "decision_differs", of(ANN, 1),
    ),
    "an end put off": Way(
        sql(f"UPDATE decision SET body = replace(body, '\"until\":1', '\"until\":2') {she(ANN)}"),
        "decision_differs", of(ANN, 1),
    ),
    "a decision inserted": Way(
        sql(f"INSERT INTO decision SELECT '{CYD}', 2, decided_at, ({HER_RED.format(2)})"
            f" FROM decision {she(ANN)}"),
        "decision_without_leaf", of(CYD, 1),
    ),
    "a decision deleted": Way(
        sql(f"DELETE FROM notice {she(DAN)}", f"DELETE FROM decision {she(DAN)}"),
        "decision_missing", of(DAN, 1),
    ),
    "the better decision deleted": Way(
        sql(f"DELETE FROM notice {she(BOB, 2)}", f"DELETE FROM decision {she(BOB, 2)}",
            f"UPDATE person SET events = 1 {she(BOB)}"),
        "decision_missing", of(BOB, 2),
    ),
    "a decision's number changed": Way(
        sql(f"UPDATE decision SET number = 7, body = replace(body, 'number\":1', 'number\":7')"
            f" {she(ANN)}"),
        "decision_missing", of(ANN, 1),
    ),
    "an earlier decision put last": Way(
        sql(f"UPDATE decision SET number = 9 {she(BOB, 1)}"), "decision_differs", of(BOB, 2)
    ),
    "a leaf's colour edited": Way(_edit, "split_view", of(CYD, 1)),
    "… and not the length before it": Way(_edit_bytes, "split_view", of(CYD, 1)),
    "a leaf deleted": Way(_delete_leaf, "split_view", of(ANN, 1)),
    "whose act a leaf is deleted": Way(
        sql(f"DELETE FROM leaf {she(ANN, 1)}"), "act_missing", of(ANN, 1)
    ),
    "a row of leaves deleted": Way(
        lambda copy: copy.sql(f"DELETE FROM sealed WHERE i = {middle(copy.good)}"),
        "split_view", middle,
    ),
    "a row of leaves inserted": Way(
        _insert_row, "split_view", lambda good: middle(good) + 1
    ),
    "a row of leaves moved": Way(
        lambda copy: copy.sql(f"UPDATE sealed SET i = i + 1 WHERE i = {middle(copy.good)}"),
        "split_view", middle,
    ),
    "two rows of leaves swapped": Way(_swap_rows, "split_view", lambda _: 0),
    "a leaf inserted": Way(_insert_leaf, "split_view", lambda good: good.index(ANN, 1) + 1),
    "a leaf added beyond the head": Way(_add_leaf, "head", lambda good: good.size),
    "an act added beyond the head": Way(
        sql(f"INSERT INTO leaf SELECT size, '{CYD}', 2 FROM head"), "head", lambda good: good.size
    ),
    "two leaves swapped": Way(_swap, "split_view", ann_or_bob),
    "two leaves swapped, and not whose acts they are": Way(
        _swap_entries, "split_view", ann_or_bob
    ),
    "whose acts two leaves are swapped": Way(_swap_acts, "tag_differs", ann_or_bob),
    "a leaf given to somebody else": Way(
        sql(f"UPDATE leaf SET sid = '{CYD}', number = 2 {she(ANN, 1)}"),
        "tag_differs", of(ANN, 1),
    ),
    "a leaf put among those that wait": Way(_outbox, "waiting_differs", of(CYD, 0)),
    "… with all its rows": Way(_outbox_with_rows, "replay_differs", of(CYD, 0)),
    "an older head put back": Way(_older_head, "head", size_yesterday),
    "the head's size edited": Way(
        sql("UPDATE head SET size = size - 1"), "head", last
    ),
    "a person's key replaced": Way(
        sql(f"UPDATE person SET key = zeroblob(32) {she(CYD)}"), "row_not_vouched", of(CYD, 0)
    ),
    "… by whoever reads evidence.key": Way(_another_key, "key_differs", of(CYD, 0)),
    "two people's keys swapped": Way(_swap_keys, "row_not_vouched", ann_or_bob_enrolled),
    "a person's enrolment removed": Way(
        sql(*(f"DELETE FROM {table} {she(CYD)}"
              for table in ("notice", "decision", "fact", "person") if table != "notice")),
        "person_missing", of(CYD, 0),
    ),
    "a fact edited": Way(
        sql(f"UPDATE fact SET body = replace(body, 'negative', 'positive') {she(CYD)}"),
        "fact_differs", of(CYD, 0), start=0,
    ),
    "a fact deleted": Way(
        sql(f"DELETE FROM fact {she(ANN)}"), "evidence_missing", of(ANN, 1), start=0
    ),
    "a fact inserted": Way(
        sql(f"INSERT INTO fact SELECT '{CYD}', at, 'lab-1/x', source, replace(replace(body,"
            f" '{ANN}', '{CYD}'), 'lab-1/i-ann', 'lab-1/x') FROM fact {she(ANN)}"),
        "fact_without_receipt", of(CYD, 0), start=0,
    ),
    "a receipt's digest edited": Way(
        sql("UPDATE receipt SET digest = zeroblob(32) WHERE id LIKE '%i-dan'"),
        "fact_differs", of(DAN, 1), start=0,
    ),
    "a notice deleted": Way(
        sql(f"DELETE FROM notice {she(ANN)}"), "notice_missing", of(ANN, 1), start=0
    ),
    "a notice told earlier than it was": Way(
        sql(f"UPDATE notice SET at = at - 3600 {she(ANN)}"),
        "notice_differs", of(ANN, 1), start=0,
    ),
    "a cosigned head without its witnesses": Way(
        sql("UPDATE record SET body = (SELECT note FROM head) WHERE kind = 'cosigned' AND"
            f" {NEWEST}"),
        "cosigned_head", last, start=0,
    ),
    "a cosigned head of earlier than it was": Way(
        sql(f"UPDATE record SET at = at - 7200 WHERE kind = 'cosigned' AND {NEWEST}"),
        "cosigned_head", last, start=0,
    ),
    "a cosigned head larger than the log": Way(
        _beyond, "cosigned_head", lambda good: good.size
    ),
    "a cosigned head removed": Way(
        sql(f"DELETE FROM record WHERE kind = 'cosigned' AND {NEWEST}"),
        "cosigned_head", last, start=0,
    ),
    "… with its post-quantum lines": Way(
        sql("DELETE FROM record WHERE kind LIKE 'cosigned%' AND id ="
            " (SELECT max(id) FROM record WHERE kind = 'cosigned')"),
        "not_cosigned", of(DAN, 1), start=0,
    ),
    "an emergency prolonged": Way(
        sql("UPDATE emergency SET ends = ends + 2592000"),
        "emergency_differs", lambda good: next(
            n for n, (subject, _) in enumerate(good.acts) if subject.startswith("instance:e-")),
    ),
    "a decision back-dated": Way(
        _back_dated, "back_dated", lambda good: good.size, start=0, live=False
    ),
    "yesterday's backup restored": Way(
        _backup, "database_behind", size_yesterday, live=False
    ),
    "… and the second head with it": Way(
        _backup_and_second_head, "database_behind", size_yesterday, live=False, asks=True
    ),
    "a second history under the log's true key": Way(
        _second_history, "split_view", of(CYD, 1), live=False, asks=True
    ),
}  # fmt: skip

# -- the public files


def _flip(path: str, at: Callable[[Good], int]) -> Callable[[Copy], None]:
    """One bit of a byte."""

    def edit(copy: Copy) -> None:
        data = bytearray((copy.public / path).read_bytes())
        data[at(copy.good)] ^= 1
        (copy.public / path).write_bytes(data)

    return edit


def _edge(copy: Copy, folder: str) -> str:
    """The partial file at the right edge."""
    found = max((copy.public / folder).glob("*.p/*"), key=lambda path: int(path.name))
    return found.relative_to(copy.public).as_posix()


def _cut_short(copy: Copy) -> None:
    path = copy.public / _edge(copy, "tile/0")
    path.write_bytes(path.read_bytes()[:-1])


def _replace(name: str, old: bytes, new: bytes) -> Callable[[Copy], None]:
    def edit(copy: Copy) -> None:
        path = copy.public / name
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return edit


def _line(number: int) -> Callable[[Copy], None]:
    """A character in a line of the checkpoint."""

    def edit(copy: Copy) -> None:
        lines = (copy.public / "checkpoint").read_text().split("\n")
        word = lines[number]
        lines[number] = word[:-9] + ("A" if word[-9] != "A" else "B") + word[-8:]
        (copy.public / "checkpoint").write_text("\n".join(lines))

    return edit


def _others_landmarks(copy: Copy) -> None:
    hebei = copy.good.others["hebei"]
    answer = httpx.get(f"{hebei.address}/ledger/landmarks")
    (copy.public / "landmarks").write_bytes(answer.content)


def _edited_landmark(copy: Copy) -> None:
    """The newest one gets the root of the one before."""
    found = parse_landmarks((copy.public / "landmarks").read_bytes())
    *others, before, newest = found.notes
    text = newest.text.split("\n")
    text[2] = before.text.split("\n")[2]
    bent = Landmarks((*others, before, Note("\n".join(text), newest.signatures)))
    (copy.public / "landmarks").write_bytes(bytes(bent))


def _rolled_back(copy: Copy) -> None:
    """Yesterday's files, and the landmarks of today."""
    landmarks = (copy.public / "landmarks").read_bytes()
    shutil.rmtree(copy.public)
    shutil.copytree(copy.good.yesterday / "public", copy.public)
    (copy.public / "landmarks").write_bytes(landmarks)


def _second_publication(copy: Copy) -> None:
    """The second history, as whoever holds the log's key would publish it."""
    landmarks = (copy.public / "landmarks").read_bytes()
    _second_history(copy)
    shutil.rmtree(copy.public)
    settings = copy.good.province.settings(copy.folder)
    keys = log_keys(copy.folder / "keys", settings.origin)
    store = open_store(settings.database)
    export_log(PublicLog(store, FullHeads(keys, copy.good.province.clock)), copy.public)
    store.close()
    (copy.public / "landmarks").write_bytes(landmarks)


FILES: Final[dict[str, Way]] = {
    "a bit of a tile": Way(_flip("tile/0/000", lambda _: 32 * 100), "file_tile", lambda _: 100),
    "a bit of the tile above": Way(
        lambda copy: _flip(_edge(copy, "tile/1"), lambda _: 5)(copy), "file_tile", lambda _: 0
    ),
    "an entry of a bundle": Way(
        _replace("tile/entries/000", b'"to":"green"', b'"to":"groan"'),
        "file_entry",
        lambda good: next(n for n, e in enumerate(good.entries) if b'"to":"green"' in e),
    ),
    "a partial tile cut short": Way(_cut_short, "file_unreadable", lambda _: 256),
    "a bundle missing": Way(
        lambda copy: (copy.public / "tile/entries/000").unlink(), "file_missing", lambda _: 0
    ),
    "the checkpoint's root": Way(_line(2), "ledger.note_not_trusted", None),
    "the checkpoint's signature": Way(_line(4), "ledger.note_not_trusted", None),
    "another log's landmarks": Way(_others_landmarks, "ledger.no_quorum", None),
    "a landmark's root": Way(
        _edited_landmark, "landmark_unproven", lambda good: max(good.gate.roots) - 1
    ),
    "yesterday's files": Way(_rolled_back, "public_behind", size_yesterday),
    "a second history published": Way(
        _second_publication,
        "landmark_differs",
        lambda good: min(size for size in good.gate.roots if size > good.index(CYD, 1)) - 1,
    ),
}
