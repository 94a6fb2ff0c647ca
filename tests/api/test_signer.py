"""An instance whose log's keys a real process of another user holds: what it can have signed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from mingma.cli import main
from mingma.cli.carry_on import SIGNERS, carry_on
from mingma.cli.next_log import next_log
from mingma.codes.bundle import check_bundle, parse_bundle
from mingma.flows.full_head import SignerSilent
from mingma.flows.seal import SealingStopped
from mingma.flows.second_head import FILE
from mingma.flows.stored_head import HeadBehind, HeadBroken
from mingma.held_keys import SIGNED
from mingma.key_files import KeyUnreadable
from mingma.keys import LOG_KEYS, LOG_VKEY, SEAL_KEY, KeyInTheWrongPlace, published_keys
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import Note, VerifierKey, parse_note, sign, verify
from mingma.ledger.policy import parse_policy
from mingma.ledger.succession import keys_in
from mingma.opening import open_instance
from mingma.settings import Settings
from tests.api.asking import Client
from tests.flows.test_accept_loss import ONE, TWO
from tests.folders import files_in
from tests.instances import Hands, Stage, ndjson, sample, signature, stage
from tests.older_copies import bring_back, copy_of
from tests.servers import server
from tests.signers import AS_ROOT, OWNER, SCRIPT, SOMEBODY, Place, place, signing
from tests.under_policy import make_witnesses, settings_under
from tests.witnessing import Log, forked

ORIGIN = Settings().origin


ON_BOTH = pytest.mark.parametrize(
    "at", ["", pytest.param("empty_postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def at(request: pytest.FixtureRequest) -> Iterator[Place]:
    asked = getattr(request, "param", "")
    with signing(request.getfixturevalue(asked) if asked else "") as made:
        yield made


def opened(at: Place) -> AbstractContextManager[Stage]:
    """The service over its database, new or not."""
    public = str(at.ours / "public")
    return stage(at.ours, at.database, signer=str(at.socket), publish=public)


def reopened(at: Place) -> Stage:
    """The service started again as it was."""
    return Stage(open_instance(settings(at)))


def settings(at: Place) -> Settings:
    return Settings(
        database=at.database, keys=str(at.ours / "keys"),
        publish=str(at.ours / "public"), packs="cn-henan-2021-08", signer=str(at.socket),
        clock="2022-06-14T12:00:00+08:00",
    )  # fmt: skip


@pytest.fixture
def scene(at: Place) -> Iterator[Stage]:
    with opened(at) as made:
        yield made


def keys_of(at: Place) -> tuple[VerifierKey, VerifierKey]:
    plain, quantum = keys_in((at.ours / "keys" / LOG_VKEY).read_text())
    return plain, quantum


def signed_by_both(at: Place, note: bytes, size: int | None = None) -> Checkpoint:
    """The checkpoint in a note under the log's two lines and no other."""
    found = parse_note(note)
    head, signed = verify_checkpoint(found, keys_of(at))
    assert [one.key for one in signed] == list(keys_of(at))
    assert len(found.signatures) == 2
    assert size in (None, head.size)
    return head


def published(at: Place) -> bytes:
    return (at.ours / "public" / "checkpoint").read_bytes()


@ON_BOTH
def test_the_service_works_without_the_log_s_keys(
    at: Place, scene: Stage, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    # (1) Acts, and a code.
    scene.send(sample(result="negative"))
    assert scene.colour("p-ann") == "green"
    size = scene.instance.log.newest.size
    # (2) What the public gets bears the log's two lines and nothing of the seal's.
    assert signed_by_both(at, published(at), size).root == scene.instance.log.tree.root()
    assert client.get("/ledger/checkpoint").content == published(at)
    assert main(["ledger", "check", str(at.ours / "public"), "--key",
                 (at.ours / "keys" / LOG_VKEY).read_text().splitlines()[0]]) == 0  # fmt: skip
    # (3) The person's own affairs, which the log stands under: pass note, receipts, bundle.
    scene.send(sample("t2", "p-joe"))
    client.sign_in("p-joe")
    client.http.post("/v1/me/appeals", json={"asked": "urgent", "ground": "childbirth"})
    [note] = client.get("/v1/me/appeals").json()["pass_notes"]
    assert verify(parse_note(note.encode()), keys_of(at))[0][0] == keys_of(at)[0]
    bundle, seal = parse_bundle(scene.instance.own_bundle("p-joe"))
    assert str(keys_of(at)[0]) in bundle.policy
    assert list(check_bundle(bundle, seal, parse_policy(bundle.policy.encode()))) == []
    # (4) It never had them, and says what it has.
    here = {one.name for one in (at.ours / "keys").iterdir()}
    assert not here & set(LOG_KEYS)
    assert {SEAL_KEY, LOG_VKEY} <= here
    assert client.get("/readyz").json()["sealing"] == "on"
    capsys.readouterr()


@ON_BOTH
def test_a_service_of_many_threads_goes_on(at: Place) -> None:
    with opened(at) as scene:
        scene.instance.start()
        for n in range(20):
            scene.send(sample(id=f"t{n}", subject=f"p-{n}", result="negative"))
    # Closed: what was left to do is done.
    signed_by_both(at, published(at), scene.instance.log.newest.size)


def test_what_it_published_stays_over_a_restart_and_goes_on(at: Place) -> None:
    with opened(at) as scene:
        scene.send(sample(result="negative"))
        before = published(at)
    with closing(reopened(at).instance) as instance:
        assert published(at) == before
        Stage(instance).send(sample("t2", "p-bob", result="negative"))
        assert (
            signed_by_both(at, published(at)).size > parse_checkpoint(parse_note(before).text).size
        )


@ON_BOTH
def test_a_signer_that_is_away_stops_the_taking_in_and_nothing_else(
    at: Place, scene: Stage, client: Client
) -> None:
    scene.send(sample(result="negative"))
    at.stop()
    # (1) The act under way is kept: it was sealed before the signer was asked.
    assert client.send(ndjson([sample("t2", "p-bob", result="negative")])).status_code == 200
    size = scene.instance.log.newest.size
    # (2) Nothing more is taken in, and nothing of it written.
    refused = client.send(ndjson([sample("t3", "p-eve", result="negative")]))
    assert (refused.status_code, refused.json()["slug"]) == (503, "ledger.signer_silent")
    assert scene.instance.log.newest.size == size
    # (3) Codes are as they were, and whoever asks is told why.
    assert scene.colour("p-ann") == scene.colour("p-bob") == "green"
    assert scene.instance.show("p-ann", "en").token is not None
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["sealing"]) == (200, "signer")
    assert signed_by_both(at, published(at)).size < size
    # (4) It comes back, and everything goes on by itself.
    at.start()
    assert client.send(ndjson([sample("t3", "p-eve", result="negative")])).status_code == 200
    assert client.get("/readyz").json()["sealing"] == "on"
    signed_by_both(at, published(at), scene.instance.log.newest.size)


def test_without_its_signer_the_service_starts_and_shows_codes(at: Place) -> None:
    with opened(at) as scene:
        scene.send(sample(result="negative"))
        before = published(at)
    at.stop()
    with closing(reopened(at).instance) as instance:
        again = Stage(instance)
        assert again.colour("p-ann") == "green"
        with pytest.raises(SignerSilent):
            again.send(sample("t2"))
        assert published(at) == before
        at.start()
        again.send(sample("t2", "p-bob", result="negative"))
        signed_by_both(at, published(at), instance.log.newest.size)


@ON_BOTH
def test_a_signer_killed_between_memory_and_answer_loses_nothing(at: Place, scene: Stage) -> None:
    scene.send(sample(result="negative"))
    at.stop()
    at.start(dies=True)
    scene.send(sample("t2", "p-bob", result="negative"))
    assert at.running is not None
    assert at.running.wait() == -9
    newest = scene.instance.log.newest
    # It remembers a head that nobody has its signature under …
    assert parse_checkpoint((at.theirs / SIGNED).read_text()).size == newest.size
    with pytest.raises(SignerSilent):
        scene.send(sample("t3", "p-eve", result="negative"))
    # … and signs that very one, since the database has it, and what comes after it.
    at.stop()
    at.start()
    scene.send(sample("t3", "p-eve", result="negative"))
    signed_by_both(at, published(at), scene.instance.log.newest.size)


def set_back(at: Place) -> None:
    """Act, and bring an older copy of the database back."""
    with opened(at) as scene:
        scene.send(sample(result="negative"))
        older = copy_of(at.database)
        scene.send(sample("t2", "p-bob", result="negative"))
    bring_back(at.database, older)


@ON_BOTH
def test_a_loss_that_two_organs_sign_goes_on_under_the_signer(at: Place) -> None:
    set_back(at)
    lost = parse_checkpoint(parse_note(published(at)).text)
    (at.ours / "keys" / SIGNERS).write_text(f"{ONE.key}\n{TWO.key}\n")
    read = files_in(at.ours / "public").get
    text = carry_on(settings(at), read, "disk").statement
    signed = [bytes(Note(text, (sign(text, one.key, one.sign),))) for one in (ONE, TWO)]
    done = carry_on(settings(at), read, "disk", signed)
    assert (done.accepted, done.end) == (True, lost.size)
    with closing(reopened(at).instance) as instance:
        # The signer was asked to go on from what it had signed, and from nothing else.
        head = signed_by_both(at, published(at), instance.log.newest.size)
        assert head.size > lost.size
        assert instance.log.tree.root(lost.size) == lost.root


def test_a_service_that_forgot_is_refused(at: Place) -> None:
    set_back(at)
    # Whoever brought the older copy back takes away every trace of the newer in the folder.
    (at.ours / "keys" / FILE).unlink()
    shutil.rmtree(at.ours / "public")
    with pytest.raises(HeadBehind) as refused:
        reopened(at)
    assert refused.value.details["why"] == "behind"


def test_a_history_that_the_signer_does_not_know_stops_the_sealing(at: Place, scene: Stage) -> None:
    scene.send(sample(result="negative"))
    head = signed_by_both(at, published(at))
    other = replace(head, root=b"r" * 32)
    at.stop()
    (at.theirs / SIGNED).write_text(str(other))
    at.start()
    scene.send(sample("t2", "p-bob", result="negative"))
    with pytest.raises(SealingStopped, match="signer"):
        scene.send(sample("t3", "p-eve", result="negative"))
    assert signed_by_both(at, published(at)) == head
    assert scene.colour("p-ann") == "green"
    assert parse_checkpoint((at.theirs / SIGNED).read_text()) == other


def test_whoever_has_the_service_gets_no_fork_signed(at: Place, scene: Stage) -> None:
    scene.send(sample(result="negative"))
    scene.send(sample("t2", "p-bob", result="negative"))
    size, tree = scene.instance.log.newest.size, scene.instance.log.tree
    log, fork = Log(ORIGIN), forked(size - 2, size + 3, tree)
    refused = {
        b"head\n" + log.ask(size, size, fork): b"422\n",
        b"head\n" + log.ask(size, size + 3, fork): b"422\n",
        b"head\n" + log.ask(size - 2, size + 3, fork): b"409\n",
        b"head\n" + log.ask(0, size + 3, fork): b"409\n",
        b"head\n" + log.ask(size - 1, size - 1, tree): b"409\n",
        b"head\n" + Log("ledger.other.example/codes").ask(0, 9): b"404\n",
        b"note\n" + log.note(size, fork).text.encode(): b"403\n",
    }
    for _ in range(2):
        for request, status in refused.items():
            answer = at.ask(request)
            assert answer.startswith(status)
            assert "—".encode() not in answer
        at.stop()
        at.start()  # it remembers
    assert at.ask(b"head\n" + log.ask(size, size, tree)).startswith(b"200\n")


def run_as(uid: int, script: str, *words: object) -> subprocess.CompletedProcess[str]:
    """A script as another user, everything loaded before the step down."""
    down = "import os, sys\nfrom pathlib import Path\n"
    down += "from mingma.signer_client import SocketSigner\n"
    down += f"if os.getuid() != {uid}: os.setgroups([]); os.setgid({uid}); os.setuid({uid})\n"
    return subprocess.run(
        [sys.executable, "-c", down + script, *map(str, words)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


ASK = "print(SocketSigner(Path(sys.argv[1])).ask(b'note\\n' + sys.argv[2].encode()).decode())"
STATEMENT = f"mingma-bundle/1\n{'A' * 43}\n"


def test_another_user_is_not_answered(at: Place) -> None:
    if AS_ROOT:
        for uid in (SOMEBODY, OWNER):  # not even the signer's own
            found = run_as(uid, ASK, at.socket, STATEMENT)
            assert (found.stdout, found.returncode) == ("", 1)
            assert any(one in found.stderr for one in ("cut short", "Broken pipe", "reset"))
    assert at.ask(b"note\n" + STATEMENT.encode()).startswith(b"200\n")
    at.stop()
    at.start(user=SOMEBODY)
    with pytest.raises(OSError, match=r"cut short|Broken pipe|reset"):
        at.ask(b"note\n" + STATEMENT.encode())


def test_a_service_of_another_user_takes_nothing_in(at: Place, scene: Stage) -> None:
    at.stop()
    at.start(user=SOMEBODY)
    scene.send(sample(result="negative"))
    with pytest.raises(SignerSilent, match="silent"):
        scene.send(sample("t2"))


def test_the_signer_s_files_are_its_owner_s_alone(at: Place, scene: Stage) -> None:
    scene.send(sample(result="negative"))
    folder = at.theirs.stat()
    assert (folder.st_uid, stat.S_IMODE(folder.st_mode)) == (OWNER, 0o700)
    for name in LOG_KEYS:
        found = (at.theirs / name).stat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (OWNER, 0o600)
    if AS_ROOT:
        for name in (*LOG_KEYS, SIGNED):
            read = run_as(SOMEBODY, "open(sys.argv[1], 'rb')", at.theirs / name)
            assert "PermissionError" in read.stderr
    for folder_of in (at.ours / "keys", at.ours / "public"):
        for path in folder_of.rglob("*"):
            if path.is_file():
                assert (at.theirs / LOG_KEYS[0]).read_bytes() not in path.read_bytes()


def test_a_second_signer_of_the_same_keys_does_not_start(at: Place) -> None:
    words = [str(one) for one in (os.getuid(), at.theirs, at.socket, os.getuid(), "")]
    environment = {**os.environ, "MINGMA_ORIGIN": ORIGIN}
    second = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert "signer.runs" in second.stderr
    assert at.ask(b"note\n" + STATEMENT.encode()).startswith(b"200\n")


@ON_BOTH
def test_a_log_takes_its_keys_back_from_a_signer_and_may_give_them_again(
    at: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(at) as scene:
        scene.send(sample(result="negative"))
        size = scene.instance.log.newest.size
    before = published(at)
    # (1) The signer signs the head where it is stored; the service could go on as before.
    for name in ("database", "keys", "publish", "packs", "signer", "clock"):
        monkeypatch.setenv(f"MINGMA_{name.upper()}", getattr(settings(at), name))
    for _ in range(2):
        assert main(["ledger", "leave-signer"]) == 0
        assert f"{size} leaves" in capsys.readouterr().out
    reopened(at).instance.close()
    at.stop()
    assert main(["ledger", "leave-signer"]) == SignerSilent.exit_status
    at.start()
    assert main(["ledger", "leave-signer"]) == 0
    # (2) The keys are moved, and the service goes on from the very head that stands published.
    at.stop()
    at.give_back_keys()
    with closing(open_instance(replace(settings(at), signer=""))) as instance:
        assert (published(at), instance.log.newest.size) == (before, size)
        Stage(instance).send(sample("t2", "p-bob", result="negative"))
        signed_by_both(at, published(at), instance.log.newest.size)
        assert instance.reconcile() == []
        older = copy_of(at.database)
        Stage(instance).send(sample("t3", "p-eve", result="negative"))
    # (3) They may go again: the signer remembers a head of this history, and asks for the proof.
    at.take_keys()
    at.start()
    with closing(reopened(at).instance) as instance:
        Stage(instance).send(sample("t4", "p-joe", result="negative"))
        signed_by_both(at, published(at), instance.log.newest.size)
    bring_back(at.database, older)
    with pytest.raises(HeadBehind):
        reopened(at)


def test_a_head_that_the_signer_did_not_sign_back_is_not_believed_without_it(at: Place) -> None:
    with opened(at) as scene:
        scene.send(sample(result="negative"))
    at.stop()
    at.give_back_keys()
    with pytest.raises(HeadBroken, match="signature"):
        open_instance(replace(settings(at), signer=""))


@contextmanager
def with_local_keys(at: Place) -> Iterator[Stage]:
    with stage(at.ours, at.database, publish=str(at.ours / "public")) as made:
        yield made


def test_a_log_that_had_its_keys_gives_them_to_a_signer_and_goes_on() -> None:
    with place() as at:
        with with_local_keys(at) as scene:
            scene.send(sample(result="negative"))
            before = published(at)
        # Neither of both: the keys are in one place.
        with pytest.raises(KeyInTheWrongPlace):
            reopened(at)
        at.take_keys()
        assert at.start() == (at.ours / "keys" / LOG_VKEY).read_text().splitlines(keepends=True)
        for _ in range(2):
            with closing(reopened(at).instance) as instance:
                again = Stage(instance)
                assert again.colour("p-ann") == "green"
                assert published(at) == before
        with closing(reopened(at).instance) as instance:
            Stage(instance).send(sample("t2", "p-bob", result="negative"))
            signed_by_both(at, published(at), instance.log.newest.size)
        # Whoever forgets the setting gets no second pair of keys.
        with pytest.raises(KeyInTheWrongPlace):
            open_instance(replace(settings(at), signer=""))
        assert not (at.ours / "keys" / LOG_KEYS[0]).exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda text: text.splitlines()[0] + "\n",
        lambda text: "".join(reversed(text.splitlines(keepends=True))),
        lambda text: text.replace("+", "-", 1),
        lambda text: text * 2,
    ],
)
def test_public_keys_that_are_not_the_log_s_two_are_refused(
    at: Place, spoil: Callable[[str], str]
) -> None:
    path = at.ours / "keys" / LOG_VKEY
    path.write_text(spoil(path.read_text()))
    with pytest.raises(KeyUnreadable):
        published_keys(at.ours / "keys", ORIGIN)
    with pytest.raises(KeyUnreadable):
        reopened(at)


def test_an_answer_under_another_key_is_none(at: Place, scene: Stage) -> None:
    scene.send(sample(result="negative"))
    head = published(at)
    at.stop()
    shutil.rmtree(at.theirs)
    at.start()  # a signer of other keys
    scene.send(sample("t2", "p-bob", result="negative"))
    with pytest.raises(SignerSilent, match="signature"):
        scene.send(sample("t3", "p-eve", result="negative"))
    with pytest.raises(SignerSilent, match="signature"):
        scene.instance.vouch(STATEMENT)
    assert published(at) == head


def test_under_a_policy_witnesses_cosign_what_the_signer_signed() -> None:
    with place() as at:
        witnesses = make_witnesses(at.ours, Hands())
        at.take_keys()
        at.start()
        made = settings_under(
            at.ours, f"sqlite:///{at.ours}/mingma.db", signer=str(at.socket), sign_in="off"
        )
        with closing(open_instance(made, witness_client=witnesses)) as instance:
            scene = Stage(instance)
            instance.clock = scene.clock
            scene.declare()
            instance.seal()
            assert instance.ask_witnesses() or instance.cosigning is not None
            with instance.store.read() as unit:
                kept = unit.last_record("cosigned", "")
            assert kept is not None
            note = parse_note(kept.body)
            assert list(note.signatures[:2]) == list(
                parse_note(instance.public_log.head()[0]).signatures  # type: ignore[index]
            )
            assert parse_checkpoint(note.text).size == instance.log.newest.size
            # Without the signer no head is cosigned, and nothing fails by it.
            at.stop()
            scene.clock.forward(60)
            scene.declare()
            instance.seal()
            assert instance.ask_witnesses() is False
            with instance.store.read() as unit:
                assert unit.last_record("cosigned", "") == kept


def test_a_year_s_log_goes_on_under_another_signer(at: Place) -> None:
    next_origin = "ledger.specimen.example/codes/2023"
    with opened(at) as scene, place() as next_at:
        scene.send(sample(result="negative"))
        last = scene.instance.log.newest.size + 1
        next_at.start(origin=next_origin)
        folder = at.ours / "keys-2023"
        folder.mkdir(mode=0o700)
        shutil.copy(next_at.theirs / LOG_VKEY, folder / LOG_VKEY)
        made = next_log(scene.instance, next_origin, folder, cosigned=False)
        assert (made.start, made.vkey) == (last, (folder / LOG_VKEY).read_text())
        # The last head of the log that ended has its own log's lines.
        with scene.instance.store.read() as unit:
            [ended] = unit.records_under("handed_over", "")
        signed_by_both(at, ended.body, last)
        scene.instance.close()
        after = replace(
            settings(at), origin=next_origin, keys=str(folder), signer=str(next_at.socket),
            publish=str(at.ours / "public-2023"),
        )  # fmt: skip
        with closing(open_instance(after)) as instance:
            Stage(instance).send(sample("t2", "p-bob", result="negative"))
            note = parse_note((at.ours / "public-2023" / "checkpoint").read_bytes())
            head, signed = verify_checkpoint(note, published_keys(folder, next_origin))
            assert (head.size, len(signed)) == (instance.log.newest.size, 2)


def test_an_export_asks_the_signer(
    at: Place, scene: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene.send(sample(result="negative"))
    monkeypatch.setenv("MINGMA_DATABASE", scene.instance.settings.database)
    monkeypatch.setenv("MINGMA_KEYS", scene.instance.settings.keys)
    monkeypatch.setenv("MINGMA_SIGNER", str(at.socket))
    assert main(["ledger", "export", str(tmp_path / "copy")]) == 0
    signed_by_both(at, (tmp_path / "copy" / "checkpoint").read_bytes())
    at.stop()
    assert main(["ledger", "export", str(tmp_path / "other")]) == SignerSilent.exit_status
    assert not (tmp_path / "other" / "checkpoint").exists()
    monkeypatch.delenv("MINGMA_SIGNER")  # the seal's line alone is nobody's
    assert main(["ledger", "export", str(tmp_path / "other")]) == KeyInTheWrongPlace.exit_status
    assert not (tmp_path / "other" / "checkpoint").exists()


def test_a_user_that_is_not_there_is_named(at: Place, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--keys", str(at.theirs), "--socket", str(at.ours / "s"), "--user", "no-such-user"]
    assert main(["ledger", "signer", *words]) == 2
    assert "signer.no_such_user" in capsys.readouterr().err


@pytest.mark.slow
def test_a_served_instance_works_with_its_signer(
    at: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(at):
        pass  # sources and an emergency
    monkeypatch.setenv("MINGMA_SIGNER", str(at.socket))
    monkeypatch.setenv("MINGMA_PACKS", "cn-henan-2021-08")
    with server(at.ours) as (address, _):
        body = ndjson([sample(result="negative")])
        answer = httpx.post(
            f"{address}/v1/evidence", content=body,
            headers={"Mingma-Source": "lab-1", "Mingma-Signature": signature(body),
                     "Content-Type": "application/x-ndjson"},
        )  # fmt: skip
        assert answer.status_code == 200
        signed_by_both(at, httpx.get(f"{address}/ledger/checkpoint").content)
        assert httpx.get(f"{address}/readyz").json()["sealing"] == "on"
