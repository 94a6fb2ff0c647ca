"""An instance witnesses other logs over HTTP: statuses and bodies are C2SP's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from mingma.kernel.errors import Problem
from mingma.kernel.times import print_instant
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import KeyType, Note, parse_key, parse_note, parse_signature
from mingma.ledger.witnessing import origin_hash
from mingma.opening import open_instance
from mingma.settings import Settings
from mingma.witness_keys import load_witness
from tests.api.asking import Client, problem
from tests.instances import NOW
from tests.witnessing import LOG, ORIGIN, TRUE, Log, forked

ADD = "/witness/add-checkpoint"
LAST = f"/witness/{origin_hash(ORIGIN)}/checkpoint"
NAMED = {200, 400, 403, 404, 409, 422}


def watch(folder: Path) -> Path:
    """A folder of keys in which `LOG`'s two keys are those of a witnessed log."""
    (folder / "keys" / "witnessed").mkdir(parents=True)
    (folder / "keys" / "witnessed" / "henan.vkey").write_text(f"{LOG.key}\n{LOG.quantum_key}\n")
    return folder


@contextmanager
def watching(app: Litestar, folder: Path, database: str = "memory:") -> Iterator[Client]:
    settings = Settings(database=database, keys=str(folder / "keys"), clock=print_instant(NOW))
    instance = open_instance(settings)
    app.state.instance = instance
    try:
        with TestClient(app, raise_server_exceptions=False) as http:
            yield Client(http)
    finally:
        instance.close()


@pytest.fixture
def witness(app: Litestar, tmp_path: Path) -> Iterator[Client]:
    """Asks an instance that witnesses `LOG`."""
    with watching(app, watch(tmp_path)) as client:
        yield client


def ask(client: Client, body: bytes) -> httpx.Response:
    return client.http.post(ADD, content=body)


def test_a_cosignature_comes_as_a_line_of_each_kind_that_verifies(
    witness: Client, tmp_path: Path
) -> None:
    answer = ask(witness, LOG.ask(0, 1000))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    keys = [parse_key(one) for one in (tmp_path / "keys" / "witness.vkey").read_text().splitlines()]
    assert {key.name for key in keys} == {"witness.specimen.example/w1"}
    assert [key.type for key in keys] == [
        KeyType.ED25519_COSIGNATURE, KeyType.MLDSA44_COSIGNATURE,
    ]  # fmt: skip
    note = LOG.note(1000)
    lines = [parse_signature(line) for line in answer.text.splitlines(keepends=True)]
    whole = Note(note.text, (*note.signatures, *lines))
    _, signed = verify_checkpoint(whole, keys)
    assert [(one.key, one.time) for one in signed] == [(key, NOW) for key in keys]

    served = witness.get(LAST)
    assert (served.status_code, served.content) == (200, bytes(whole))
    assert served.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_conflict_is_answered_with_the_size_alone(witness: Client) -> None:
    for size, known in ((0, 0), (1000, 1000)):
        if size:
            assert ask(witness, LOG.ask(0, size)).status_code == 200
        answer = ask(witness, LOG.ask(7, 2000))
        assert (answer.status_code, answer.content) == (409, f"{known}\n".encode())
        assert answer.headers["content-type"] == "text/x.tlog.size"


def test_other_refusals_are_problem_details(witness: Client) -> None:
    assert ask(witness, LOG.ask(0, 1000)).status_code == 200
    forged = Note(LOG.note(2000).text, Log(seed=b"m" * 32).note(2000).signatures)
    problem(ask(witness, b""), 400, "witness.request_unreadable")
    problem(ask(witness, LOG.ask(9, 8)), 400, "witness.old_beyond_new")
    problem(ask(witness, b"old 0\n\n" + bytes(forged)), 403, "witness.not_signed_by_the_log")
    problem(ask(witness, Log("log.example/b").ask(0, 1)), 404, "witness.unknown_log")
    fork = LOG.ask(1000, 2000, forked(500, 2000))
    problem(ask(witness, fork), 422, "witness.not_an_extension")
    assert witness.http.post(ADD, content=b"0" * 1_000_001).status_code == 413


def test_what_speaks_against_a_log_is_for_everybody_and_alarms(
    witness: Client, app: Litestar
) -> None:
    against = f"/witness/{origin_hash(ORIGIN)}/forks"
    assert witness.get(against).json() == []
    ask(witness, LOG.ask(0, 1000))
    assert counted(witness) == (0, 0)
    ask(witness, LOG.ask(1000, 1000, forked(500, 1000)))
    ask(witness, LOG.ask(1000, 2000, proof=[b"x" * 32]))
    proven, suspected = witness.get(against).json()
    assert [proven["why"], suspected["why"]] == ["same_size", "unproven"]
    heads = [verify_checkpoint(parse_note(proven[side].encode()), [LOG.key])[0]
             for side in ("cosigned", "submitted")]  # fmt: skip
    assert heads[0].size == heads[1].size
    assert heads[0].root != heads[1].root
    assert witness.get(f"/witness/{origin_hash('log.example/b')}/forks").json() == []
    assert counted(witness) == (1, 1)
    metrics = witness.get("/metrics").text
    assert 'mingma_forks{why="same_size"} 1' in metrics
    assert 'mingma_forks{why="unproven"} 1' in metrics


def counted(witness: Client) -> tuple[int, int]:
    """Proofs and suspicions on the health page."""
    found = witness.get("/readyz").json()
    return found["forks"], found["unproven"]


def test_nothing_is_served_for_a_log_of_which_nothing_was_cosigned(witness: Client) -> None:
    problem(witness.get(LAST), 404, "witness.nothing_cosigned")
    ask(witness, LOG.ask(0, 1000))
    other = origin_hash("log.example/b")
    for name in (other, LAST.split("/")[2][:-1], LAST.split("/")[2].upper(), "0", "%25", "_"):
        problem(witness.get(f"/witness/{name}/checkpoint"), 404, "witness.nothing_cosigned")


def test_an_instance_that_watches_no_log_is_no_witness(client: Client, tmp_path: Path) -> None:
    problem(ask(client, LOG.ask(0, 1000)), 404, "witness.unknown_log")
    problem(ask(client, b"?"), 404, "witness.unknown_log")
    problem(client.get(LAST), 404, "witness.nothing_cosigned")
    assert not (tmp_path / "keys" / "witness.key").exists()


def test_what_was_cosigned_is_there_after_a_restart(app: Litestar, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/mingma.db"
    watch(tmp_path)
    with watching(app, tmp_path, database) as client:
        line = ask(client, LOG.ask(0, 1000)).text
    with watching(app, tmp_path, database) as client:
        assert client.get(LAST).text.endswith(line)
        assert ask(client, LOG.ask(0, 1000)).text == "1000\n"
        assert ask(client, LOG.ask(1000, 2000)).status_code == 200


def test_a_witness_is_refused_keys_that_it_cannot_read(tmp_path: Path) -> None:
    folder = tmp_path / "keys" / "witnessed"
    watch(tmp_path)
    witness_key = str(parse_key(str(LOG.key))).replace("+", "-")
    for text in (witness_key, "", f"{LOG.key}\n\n", f"# {LOG.key}", "\ufeff", "\udcff"):
        (folder / "other.vkey").write_bytes(text.encode("utf-8", "surrogateescape"))
        if text == "":
            assert load_witness(tmp_path / "keys", "specimen.example/command")
            continue
        with pytest.raises(Problem) as refusal:
            load_witness(tmp_path / "keys", "specimen.example/command")
        assert str(folder / "other.vkey") in str(refusal.value.place)


def test_a_witness_s_key_is_no_key_of_a_log(tmp_path: Path) -> None:
    watch(tmp_path)
    made = load_witness(tmp_path / "keys", "specimen.example/command")
    assert made is not None
    own = made.cosigners[0].key
    (tmp_path / "keys" / "witnessed" / "other.vkey").write_text(f"{own}\n")
    with pytest.raises(Problem) as refusal:
        load_witness(tmp_path / "keys", "specimen.example/command")
    assert refusal.value.details == {"why": "type"}
    assert refusal.value.place.line == 1


# -- any bytes

LINES = st.sampled_from(
    [b"old 0", b"old 1000", b"old 01", b"old", b"", b"\x00", b"\xff", b"9" * 40, ORIGIN.encode(),
     b"A" * 43 + b"=", *bytes(LOG.note(2000)).split(b"\n")]
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good request with bytes or lines changed, left out or added."""
    good = LOG.ask(*draw(st.sampled_from([(0, 1000), (1000, 2000), (1000, 1000), (0, 0)])))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(good) - 1))
        return good[:at] + draw(st.binary(max_size=3)) + good[at + draw(st.integers(0, 3)) :]
    lines = good.split(b"\n")
    at = draw(st.integers(0, len(lines)))
    return b"\n".join([*lines[:at], *draw(st.lists(LINES, max_size=3)), *lines[at + 1 :]])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.binary(max_size=300) | st.lists(LINES, max_size=9).map(b"\n".join) | damaged())
def test_any_body_gets_a_named_status_and_nothing_false_is_cosigned(
    witness: Client, body: bytes
) -> None:
    answer = ask(witness, body)
    assert answer.status_code in NAMED
    if answer.status_code == 200:
        served = parse_note(witness.get(LAST).content)
        checkpoint, _ = verify_checkpoint(served, [LOG.key])
        assert checkpoint.root == TRUE.root(checkpoint.size)
