"""A person's receipt and a gate's check from the command line, with no network and no instance."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from PIL import Image

from mingma.kernel.times import HOUR, Instant, print_instant
from mingma.ledger.proof import Extra, parse_extra, parse_receipt
from tests.cli.files import Run, served
from tests.cosigned import Proving, proving
from tests.instances import NOW, contact, sample, stage
from tests.pictures import draw_code


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Path]:
    """What a person and a gate keep, of an instance that is gone."""
    with stage(tmp_path) as scene:
        proven = proving(scene)
        proven.send(contact("c", "p-ann"), contact("d", "p-bob", -16 * 24))
        proven.send(sample("n", "p-eve", result="negative"))
        proven.cosign()
        keep(proven, tmp_path)
    pytest_socket.disable_socket()
    yield tmp_path
    pytest_socket.enable_socket()


def keep(proven: Proving, folder: Path) -> None:
    instance = proven.stage.instance
    (folder / "policy").write_bytes(proven.policy_text)
    with instance.store.read() as unit:
        landmarks = bytes(instance.receipts.landmarks(unit, NOW))
    (folder / "landmarks").mkdir()
    (folder / "landmarks" / "today").write_bytes(landmarks)
    (folder / "none").write_text("mingma/landmarks/1\n")
    for ref in ("p-ann", "p-bob", "p-eve"):
        shown = instance.show(ref, "en")
        (folder / ref).write_text(f"{shown.token}\n")
        (folder / f"{ref}.frame").write_text(shown.frame or "")
        (folder / f"{ref}.tlog-proof").write_bytes(bytes(instance.own_receipt(ref, 1)))


# -- the person's own receipt


def checked(run: Run, folder: Path, receipt: Path, *words: object) -> Any:
    return run("receipt", "check", receipt, "--policy", folder / "policy", *words)


def test_an_own_receipt_says_what_was_decided_without_a_leaf_beside_it(
    run: Run, kept: Path
) -> None:
    done = checked(run, kept, kept / "p-ann.tlog-proof")
    assert done.status == 0
    for said in (
        "is in the log",
        "signed by ledger.specimen.example/codes",
        "witness.test.example/w1",
        "from none to red  under cn-henan-2021-08/HA-R3",
        "the leaf's commitment opens to the body carried here",
        "decision 1 of 2022-06-14T12:00:00+08:00: issued",
        "red  from 2022-06-13T12:00:00+08:00  until 2022-06-28T00:00:00+08:00",
        "yellow  from 2022-06-28T00:00:00+08:00  until 2022-07-05T00:00:00+08:00",
        "under cn-henan-2021-08/HA-R3",
        "ends with its emergency, 2022-08-12",
    ):
        assert said in done.out, said
    [found] = checked(run, kept, kept / "p-ann.tlog-proof", "--json").records
    assert (found["body_believed"], found["leaf"]["to"]) == (True, "red")
    assert found["decision"]["subject"] == "p-ann"
    assert found["signed_by"][-1] == "witness.test.example/w1"


def test_a_green_decision_is_said_too(run: Run, kept: Path) -> None:
    done = checked(run, kept, kept / "p-eve.tlog-proof")
    assert done.status == 0
    assert "  green\n" in done.out


@pytest.mark.parametrize("part", ["body", "nonce"])
def test_a_false_body_is_not_believed_and_the_entry_still_is(
    run: Run, kept: Path, part: str
) -> None:
    receipt = parse_receipt((kept / "p-ann.tlog-proof").read_bytes())
    extra = parse_extra(receipt.extra or b"")
    body = extra.body or b""
    false = {"body": body.replace(b'"red"', b'"grey"'), "nonce": b"n" * 32}
    bent = replace(receipt, extra=bytes(replace(extra, **{part: false[part]})))
    (kept / "bent").write_bytes(bytes(bent))
    done = checked(run, kept, kept / "bent")
    assert done.status == 0
    assert "is in the log" in done.out
    assert "not believed" in done.out
    assert "decision 1" not in done.out
    [found] = checked(run, kept, kept / "bent", "--json").records
    assert (found["body_believed"], found["decision"]) == (False, None)


def test_a_false_entry_is_not_in_the_log(run: Run, kept: Path) -> None:
    receipt = parse_receipt((kept / "p-ann.tlog-proof").read_bytes())
    extra = parse_extra(receipt.extra or b"")
    bent = replace(extra, entry=extra.entry.replace(b'"red"', b'"rad"'))
    (kept / "bent").write_bytes(bytes(replace(receipt, extra=bytes(bent))))
    done = checked(run, kept, kept / "bent")
    assert done.status == 1
    assert "ledger.proof_does_not_hold" in done.err


def test_an_entry_alone_a_foreign_extra_and_none(run: Run, kept: Path) -> None:
    receipt = parse_receipt((kept / "p-ann.tlog-proof").read_bytes())
    entry = parse_extra(receipt.extra or b"").entry
    (kept / "leaf").write_bytes(entry)
    (kept / "bent").write_bytes(bytes(replace(receipt, extra=bytes(Extra(entry)))))
    [found] = checked(run, kept, kept / "bent", "--json").records
    assert (found["body_believed"], found["decision"]) == (None, None)
    for extra in (b"another's own words", None):
        (kept / "bent").write_bytes(bytes(replace(receipt, extra=extra)))
        done = checked(run, kept, kept / "bent")
        assert done.status == 2
        assert "receipt.no_leaf" in done.err
        assert checked(run, kept, kept / "bent", "--leaf", kept / "leaf").status == 0


def test_a_receipt_is_refused_under_another_policy(run: Run, kept: Path) -> None:
    text = (kept / "policy").read_text()
    (kept / "policy").write_text(text.replace("quorum w1", "group all all w1\nquorum all"))
    assert checked(run, kept, kept / "p-ann.tlog-proof").status == 0
    golden = Path(__file__).parents[1] / "vectors" / "ledger" / "c2sp" / "golden" / "policy"
    done = run("receipt", "check", kept / "p-ann.tlog-proof", "--policy", golden)
    assert done.status == 1


# -- the gate


def gate(run: Run, folder: Path, shown: object, *words: object) -> tuple[int, dict[str, Any]]:
    at = print_instant(Instant(NOW + 60))
    done = run("token", "check", shown, "--trust", folder / "keys" / "trust", "--at", at, *words)
    return done.status, json.loads(done.out) if done.out else {"err": done.err}


def with_landmarks(folder: Path) -> tuple[object, ...]:
    return ("--landmarks", folder / "landmarks", "--policy", folder / "policy")


def test_a_red_with_its_receipt_is_red_without_a_network(run: Run, kept: Path) -> None:
    for landmarks in (kept / "landmarks", kept / "landmarks" / "today"):
        words = ("--landmarks", landmarks, "--policy", kept / "policy")
        status, found = gate(run, kept, kept / "p-ann", "--receipt", kept / "p-ann.frame", *words)
        assert (status, found["result"], found["colour"]) == (0, "OK", "red")
        assert set(found["receipt"]) == {"index", "landmark"}
    frame = (kept / "p-bob.frame").read_text()
    status, found = gate(run, kept, kept / "p-bob", "--receipt", frame, *with_landmarks(kept))
    assert (status, found["colour"]) == (0, "yellow")


def test_both_frames_in_one_text_one_picture_or_two(run: Run, kept: Path) -> None:
    token, frame = ((kept / name).read_text().strip("\n") for name in ("p-ann", "p-ann.frame"))
    (kept / "both.txt").write_text(f"{token}\n{frame}\n")
    (kept / "token.png").write_bytes(draw_code(token))
    (kept / "frame.png").write_bytes(draw_code(frame))
    (kept / "both.png").write_bytes(side_by_side(kept / "token.png", kept / "frame.png"))
    for words in (
        (kept / "both.txt",),
        (kept / "both.png",),
        (kept / "token.png", "--receipt", kept / "frame.png"),
        (kept / "token.png", "--receipt", frame),
        (token, "--receipt", kept / "frame.png"),
    ):
        status, found = gate(run, kept, *words, *with_landmarks(kept))
        assert (status, found["colour"]) == (0, "red"), words


def side_by_side(*paths: Path) -> bytes:
    pictures = [Image.open(path) for path in paths]
    width = sum(one.width for one in pictures) + 40
    whole = Image.new("L", (width, max(one.height for one in pictures)), 255)
    left = 0
    for one in pictures:
        whole.paste(one, (left, 0))
        left += one.width + 40
    drawn = io.BytesIO()
    whole.save(drawn, "PNG")
    return drawn.getvalue()


def test_what_is_not_proven_is_unproven_with_its_reason(run: Run, kept: Path) -> None:
    red, frame = kept / "p-ann", kept / "p-ann.frame"
    (kept / "blank.png").write_bytes(draw_code("https://venue.example/1"))
    broken = kept / "broken.png"
    broken.write_bytes(draw_code("x")[:60])
    for words, reason in (
        (with_landmarks(kept), "receipt.missing"),
        (("--receipt", "MCR1:", *with_landmarks(kept)), "receipt.unreadable"),
        (("--receipt", kept / "blank.png", *with_landmarks(kept)), "receipt.unreadable"),
        (("--receipt", broken, *with_landmarks(kept)), "receipt.unreadable"),
        (("--receipt", frame), "receipt.landmark"),
        (("--receipt", frame, "--landmarks", kept / "none", "--policy", kept / "policy"),
         "receipt.landmark"),
        (("--receipt", kept / "p-bob.frame", *with_landmarks(kept)), "receipt.other_leaf"),
    ):  # fmt: skip
        status, found = gate(run, kept, red, *words)
        assert (status, found.get("result"), found.get("reasons")) == (1, "UNPROVEN", [reason])
        assert found["colour"] is None


def test_green_asks_for_no_landmarks(run: Run, kept: Path) -> None:
    status, found = gate(run, kept, kept / "p-eve")
    assert (status, found["colour"], found["receipt"]) == (0, "green", None)


def test_landmarks_need_a_policy_and_what_cannot_be_opened_ends_with_two(
    run: Run, kept: Path
) -> None:
    (kept / "landmarks" / "more").write_bytes(b"x")
    for words, slug in (
        (("--landmarks", kept / "none"), "token.no_policy"),
        (("--landmarks", kept / "nowhere", "--policy", kept / "policy"), "file.unreadable"),
        (("--landmarks", kept / "none", "--policy", kept / "nowhere"), "file.unreadable"),
        (with_landmarks(kept), "ledger.landmarks_unreadable"),
        (("--receipt", kept / "nowhere.png"), "token.file_unreadable"),
    ):
        status, found = gate(run, kept, kept / "p-ann", *words)
        assert (status, set(found)) == (2, {"err"})
        assert found["err"].startswith(slug), found["err"]


def test_what_the_policy_does_not_believe_is_counted_and_proves_nothing(
    run: Run, kept: Path
) -> None:
    policy = (kept / "policy").read_text()
    logs = "".join(f"{line}\n" for line in policy.splitlines() if line.startswith("log"))
    golden = Path(__file__).parents[1] / "vectors" / "ledger" / "c2sp" / "golden" / "policy"
    others = [one for one in golden.read_text().splitlines() if one.startswith("witness hebei")]
    (kept / "stricter").write_text(f"{logs}{others[0]}\nquorum hebei\n")
    words = ("--landmarks", kept / "landmarks", "--policy", kept / "stricter")
    at = print_instant(Instant(NOW + HOUR))
    done = run(
        "token", "check", kept / "p-ann", "--receipt", kept / "p-ann.frame",
        "--trust", kept / "keys" / "trust", "--at", at, *words,
    )  # fmt: skip
    assert done.status == 1
    assert "1 landmarks the policy does not believe" in done.err
    assert json.loads(done.out)["reasons"] == ["receipt.landmark"]


def test_landmarks_are_fetched_from_a_logs_address(run: Run, kept: Path) -> None:
    pytest_socket.enable_socket()
    (kept / "log").mkdir()
    (kept / "log" / "landmarks").write_bytes((kept / "landmarks" / "today").read_bytes())
    with served(kept) as where:
        log = f"{where}/log"
        words = ("--receipt", kept / "p-ann.frame", "--policy", kept / "policy")
        for place in (log, f"{log}/", f"{log}/landmarks"):
            status, found = gate(run, kept, kept / "p-ann", *words, "--landmarks", place)
            assert (status, found["colour"]) == (0, "red")
        status, found = gate(run, kept, kept / "p-ann", *words, "--landmarks", f"{log}/none")
        assert (status, found["err"][:15]) == (2, "file.unreadable")
