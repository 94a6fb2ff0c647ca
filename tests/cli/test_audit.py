"""An audit from the command line: anybody's of the public files, the operator's of the database."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.flows.export_log import export_log
from mingma.flows.leaf_posts import LEAF_POSTS
from mingma.kernel.times import DAY, midnight, print_instant
from mingma.ledger.audit import audit
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.files import FilesDoNotHold, check_log
from mingma.ledger.landmarks import Landmarks
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.note import KeyType, Note, parse_note, sign
from mingma.ledger.published import SameAgain, entries_of
from mingma.ledger.succession import beginning
from tests.cli.files import Run
from tests.flows.logs import KEY, OTHER_KEY
from tests.instances import NOW, Stage, contact, stage
from tests.unit.ledger import written
from tests.unit.ledger.published import ed25519, laid_out
from tests.unit.ledger.written import DAY as DAY_OF_LOG
from tests.unit.ledger.written import WORSE, Made, zhengzhou


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An instance in a file, its log exported, its clock the command line's."""
    monkeypatch.setenv("MINGMA_CLOCK", print_instant(NOW))
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        made.send(contact("c1"), contact("c2", "p-bob"))
        export_log(made.instance.public_log, tmp_path / "log")
        yield made


def report(run: Run, *words: object) -> tuple[int, dict[str, Any]]:
    done = run("audit", *words, "--json")
    assert done.records, done.err
    [found] = done.records
    return done.status, found


def sql(path: Path, statement: str) -> None:
    link = sqlite3.connect(path)
    assert link.execute(statement).rowcount > 0
    link.commit()
    link.close()


def test_an_honest_log_and_its_database_have_nothing(
    run: Run, scene: Stage, tmp_path: Path
) -> None:
    key = (tmp_path / "keys" / "log.vkey").read_text()
    words = ("--public", tmp_path / "log", "--key", key, "--database", f"sqlite:///{tmp_path}/a.db")
    status, found = report(run, *words)
    assert (status, found["findings"], found["counts"]) == (0, [], {})
    assert found["public"]["whole"] is True
    assert found["public"]["signature_checked"] is True
    assert found["public"]["size"] == found["database"]["size"] > 0
    done = run("audit", *words)
    assert (done.status, done.out.splitlines()[-1]) == (0, "nothing found")


def test_either_part_can_be_asked_for_alone_and_one_must_be(
    run: Run, scene: Stage, tmp_path: Path
) -> None:
    done = run("audit", "--public", tmp_path / "log")
    assert done.status == 0
    assert "signature was not checked" in done.err
    assert run("audit", "--database", f"sqlite:///{tmp_path}/a.db").status == 0
    done = run("audit", "--json")
    assert (done.status, done.problem["slug"]) == (2, "audit.nothing")


@pytest.mark.parametrize(
    ("words", "option", "needed"),
    [
        (("--before", "2025"), "--before", "--public"),
        (("--policy", "policy"), "--policy", "--public"),
        (("--key", "name+00000000+AQ=="), "--key", "--public"),
        (("--subjects",), "--subjects", "--database"),
    ],
)
def test_an_option_that_nothing_would_come_of_is_refused(
    run: Run, scene: Stage, tmp_path: Path, words: tuple[str, ...], option: str, needed: str
) -> None:
    place = {"--public": tmp_path / "log", "--database": f"sqlite:///{tmp_path}/a.db"}
    del place[needed]
    [[other, named]] = place.items()
    done = run("audit", other, named, *words, "--json")
    assert (done.status, done.problem["slug"]) == (2, "audit.option_alone")
    assert done.problem["title"].startswith(f"{option} says nothing without {needed}")
    assert f"name {needed} too" in done.problem["detail"]


def test_a_checkpoint_of_another_key_and_a_folder_without_one_are_refused(
    run: Run, scene: Stage, tmp_path: Path
) -> None:
    assert run("audit", "--public", tmp_path / "log", "--key", OTHER_KEY.key).status == 1
    assert run("audit", "--public", tmp_path / "nothing").status == 2
    assert run("audit", "--public", tmp_path / "log", "--policy", tmp_path / "none").status == 2


def test_a_changed_file_is_named_and_its_leaves_are_not_believed(
    run: Run, scene: Stage, tmp_path: Path
) -> None:
    entries = tmp_path / "log" / "tile" / "entries"
    [whole] = [path for path in entries.rglob("*") if path.is_file()]
    whole.write_bytes(whole.read_bytes().replace(b'"red"', b'"rec"'))
    status, found = report(run, "--public", tmp_path / "log")
    [one] = found["findings"]
    assert (status, one["part"], one["word"]) == (1, "files", "file_entry")
    assert found["public"]["whole"] is False


def publish(folder: Path, entries: list[bytes]) -> Checkpoint:
    """A log of these leaves in a folder, as whoever has the key signs it."""
    files, [head] = laid_out(entries, [len(entries)])
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    head = replace(head, origin=KEY.key.name)
    text = str(head)
    (folder / "checkpoint").write_bytes(bytes(Note(text, (sign(text, KEY.key, KEY.sign),))))
    return head


def witnessed(folder: Path, heads: list[Checkpoint], seen: int) -> Path:
    """A policy of three witnesses, and landmarks that they cosigned then; one clock is wrong."""
    keys = [
        ed25519(b"%d" % n * 32, f"w.example/{n}", KeyType.ED25519_COSIGNATURE) for n in range(3)
    ]
    notes = []
    for head in heads:
        text = str(head)
        times = (seen, 1, seen + 1)
        lines = [cosign(head, key, at, by) for (key, by), at in zip(keys, times, strict=True)]
        notes.append(Note(text, (sign(text, KEY.key, KEY.sign), *lines)))
    (folder / "landmarks").write_bytes(bytes(Landmarks(tuple(notes))))
    names = [f"witness w{n} {key}" for n, (key, _) in enumerate(keys)]
    policy = folder.parent / "policy"
    words = [f"log {KEY.key}", *names, "group two 2 w0 w1 w2", "quorum two", ""]
    policy.write_text("\n".join(words))
    return policy


def test_a_log_that_is_not_of_the_days_when_witnesses_saw_it_is_found(
    run: Run, tmp_path: Path
) -> None:
    log = Made()
    log.emergency()
    log.mark(log.rule())
    end = len(log.entries) - 1
    _, heads = laid_out(log.entries, [3, end])
    heads = [replace(head, origin=KEY.key.name) for head in heads]
    publish(tmp_path / "log", log.entries)
    sealed_at = midnight(DAY_OF_LOG)
    for seen, found in (
        (sealed_at, []),
        (sealed_at + DAY, []),
        (sealed_at - 365 * DAY, [(2, "365 days ahead of its witnesses"),
                                 (end - 1, "365 days ahead of its witnesses")]),
        (sealed_at + 2 * DAY, [(3, "2 days behind the witnesses of the leaf before"),
                               (end, "2 days behind the witnesses of the leaf before")]),
    ):  # fmt: skip
        policy = witnessed(tmp_path / "log", heads, seen)
        status, said = report(run, "--public", tmp_path / "log", "--policy", policy)
        assert [(one["index"], one["what"]) for one in said["findings"]] == found
        assert {one["word"] for one in said["findings"]} <= {"day_not_cosigned"}
        assert status == bool(found)


def test_a_log_is_believed_by_the_landmarks_it_continues_whichever_command_asks(
    run: Run, tmp_path: Path
) -> None:
    log, seen = Made(), midnight(DAY_OF_LOG)
    for _ in range(6):
        log.add(Kind.ENROL)
    public = tmp_path / "log"
    head = publish(public, log.entries)
    [early, twin] = [
        replace(laid_out(log.entries, [4])[1][0], origin=KEY.key.name, **other)
        for other in ({}, {"root": b"x" * 32})
    ]
    ahead = replace(head, size=head.size + 1, root=b"y" * 32)

    def status_of(heads: list[Checkpoint]) -> tuple[set[int], str]:
        policy = ("--policy", witnessed(public, heads, seen))
        checked = run("ledger", "check", public, *policy)
        watched = run("oversight", "organs", "--public", public, *policy)
        audited = run("audit", "--public", public, *policy)
        return {checked.status, watched.status, audited.status}, checked.out + checked.err

    assert status_of([early])[0] == {0}
    assert status_of([early, head])[0] == {0}
    statuses, said = status_of([])
    assert (statuses, "ledger.no_quorum" in said) == ({1}, True)
    statuses, said = status_of([twin, head])
    assert (statuses, "not proven from leaf 3 on: landmarks (landmark)" in said) == ({1}, True)
    statuses, said = status_of([head, ahead])
    assert (statuses, f"from leaf {head.size} on: landmarks (landmark)" in said) == ({1}, True)
    (public / "landmarks").unlink()
    done = run("ledger", "check", public, "--policy", tmp_path / "policy")
    assert (done.status, "ledger.no_quorum" in done.err) == (1, True)


def test_a_log_goes_on_from_the_very_one_that_it_names(run: Run, tmp_path: Path) -> None:
    log, end = Made(), Kind.KEY_ROTATE
    log.add(Kind.ENROL)
    log.add(end, digest=b"h" * 32, what="log", origin=KEY.key.name)
    _, [ended] = laid_out(log.entries, [2])
    last = replace(ended, origin="ledger.test.example/2025")
    for number, (before, words) in enumerate(
        (
            (last, {}),
            (replace(last, root=b"x" * 32), {"log_begins_elsewhere": 1}),
            (replace(last, size=1), {"log_begins_elsewhere": 1}),
        )
    ):
        folder = tmp_path / str(number)
        publish(folder, [*log.entries, beginning("410000-hc", before).sealed(written.DAY)])
        status, found = report(run, "--public", folder, "--key", KEY.key)
        assert (status, found["counts"]) == (int(bool(words)), words)
    # Under the name that ended it does not go on, whatever it says.
    log.entries.clear()
    log.add(end, digest=b"h" * 32, what="log", origin="ledger.test.example/2027")
    log.add(end, digest=b"h" * 32, what="previous_log", origin=KEY.key.name)
    publish(tmp_path / "same", log.entries)
    _, found = report(run, "--public", tmp_path / "same", "--key", KEY.key)
    assert found["counts"] == {"log_ended": 1, "log_begins_elsewhere": 1}


def test_zhengzhou_is_found_by_anybody_with_the_files(run: Run, tmp_path: Path) -> None:
    publish(tmp_path, zhengzhou().entries)
    status, found = report(run, "--public", tmp_path, "--key", KEY.key)
    assert (status, found["counts"]) == (1, {"bulk_without_batch": 1, "bulk_by_few": 1})
    done = run("audit", "--public", tmp_path, "--key", KEY.key)
    assert "1317 marks of 410100-hc under rule 1001 within 3 days" in done.out


def test_a_row_that_does_not_fit_is_named_by_its_leaf_and_by_its_person_only_if_asked(
    run: Run, scene: Stage, tmp_path: Path
) -> None:
    sql(tmp_path / "a.db", "DELETE FROM notice WHERE sid = 'p-ann'")
    with scene.instance.store.read() as unit:
        index = unit.index_of("p-ann", 1)
    name = f"sqlite:///{tmp_path}/a.db"
    status, found = report(run, "--database", name)
    [one] = found["findings"]
    assert (status, one["word"], one["index"]) == (1, "notice_missing", index)
    done = run("audit", "--database", name)
    assert done.status == 1
    assert "p-ann" not in done.out + done.err + str(found)
    assert report(run, "--database", name, "--subjects")[1]["findings"][0]["subject"] == "p-ann"
    assert "p-ann" in run("audit", "--database", name, "--subjects").out


def test_what_cannot_be_compared_is_said_and_is_not_wrong(
    run: Run, scene: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.instance.catch_up()
    monkeypatch.setenv("MINGMA_PACKS", "cn-hubei-2020-03")
    status, found = report(run, "--database", f"sqlite:///{tmp_path}/a.db")
    assert (status, found["counts"]) == (0, {"not_comparable": 1})


def test_a_public_log_that_others_see_otherwise_is_found_at_its_first_leaf(
    run: Run, scene: Stage, tmp_path: Path
) -> None:
    key = (tmp_path / "keys" / "log.vkey").read_text()
    with stage(tmp_path / "other", f"sqlite:///{tmp_path / 'b.db'}"):
        pass  # the same first leaf, other ones after it
    words = ("--public", tmp_path / "log", "--key", key)
    status, found = report(run, *words, "--database", f"sqlite:///{tmp_path}/b.db")
    assert (status, found["counts"]) == (1, {"database_behind": 1})
    with stage(tmp_path / "third", f"sqlite:///{tmp_path / 'c.db'}") as third:
        third.send(contact("c7", "p-eve"), contact("c8", "p-fay"))
    status, found = report(run, *words, "--database", f"sqlite:///{tmp_path}/c.db")
    assert (status, found["counts"]) == (1, {"split_view": 1})
    assert found["findings"][0]["index"] == 1


def test_a_log_that_answers_otherwise_the_second_time_is_refused() -> None:
    entries = zhengzhou(10).entries
    files, [head] = laid_out(entries, [len(entries)])
    read = SameAgain(files.get)
    assert check_log(read, head) is None
    assert list(entries_of(read, head.size)) == entries
    path = next(one for one in files if one.startswith("tile/entries/001"))
    files[path] = files[path].replace(b'"red"', b'"rec"')
    with pytest.raises(FilesDoNotHold, match="leaf 256"):
        list(audit(lambda: entries_of(read, head.size), head.size, WORSE, LEAF_POSTS))
    del files[path]
    with pytest.raises(FilesDoNotHold, match="missing"):
        list(entries_of(read, head.size))


def test_an_audit_reads_nothing_into_the_database(run: Run, scene: Stage, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "log", tmp_path / "before")
    with scene.instance.store.read() as unit:
        before = unit.statistics(), unit.head()
    report(run, "--public", tmp_path / "log", "--database", f"sqlite:///{tmp_path}/a.db")
    with scene.instance.store.read() as unit:
        assert (unit.statistics(), unit.head()) == before
    note = parse_note((tmp_path / "log" / "checkpoint").read_bytes())
    assert parse_checkpoint(note.text).size == before[1][0]


# -- the files that leaves speak of


@pytest.fixture
def lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An instance that wrote an index and the table of a day into its folder."""
    monkeypatch.setenv("MINGMA_CLOCK", print_instant(NOW))
    database = f"sqlite:///{tmp_path / 'a.db'}"
    with stage(tmp_path, database, publish=str(tmp_path / "log")) as made:
        made.send(contact("c1"), contact("c2", "p-bob"))
        made.instance.keep_duties()
        made.clock.forward(DAY)
        made.instance.keep_duties()
        yield made


def test_a_published_folder_has_all_that_an_audit_needs(
    run: Run, lived: Stage, tmp_path: Path
) -> None:
    status, found = report(run, "--public", tmp_path / "log")
    assert (status, found["findings"]) == (0, [])
    run("ledger", "export", tmp_path / "copy", "--database", f"sqlite:///{tmp_path}/a.db")
    for name in ("landmarks", "index/ranges"):
        assert (tmp_path / "copy" / name).read_bytes() == (tmp_path / "log" / name).read_bytes()
    assert report(run, "--public", tmp_path / "copy")[0] == 0


@pytest.mark.parametrize("kind", [Kind.INDEX_HOUR, Kind.TALLY_DAY])
def test_an_index_or_table_that_is_missing_or_another_is_named_by_its_leaf(
    run: Run, lived: Stage, tmp_path: Path, kind: Kind
) -> None:
    with lived.instance.store.read() as unit:
        entries = unit.leaves(0, unit.head()[0])
    index, leaf = next(
        (at, one) for at, (one, _) in enumerate(map(parse, entries)) if one.kind is kind
    )
    name = f"index/0-{leaf.end}" if kind is Kind.INDEX_HOUR else "tally/2022-06-14"
    file = tmp_path / "log" / name
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    status, found = report(run, "--public", tmp_path / "log")
    [one] = found["findings"]
    assert (status, one["word"], one["index"], one["what"]) == (1, "file_differs", index, name)
    file.unlink()
    [one] = report(run, "--public", tmp_path / "log")[1]["findings"]
    assert (one["part"], one["word"], one["index"]) == ("files", "file_missing", index)
