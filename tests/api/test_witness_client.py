"""The promises of the port `WitnessClient`, kept by the one adapter that asks over HTTP."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from mingma.records import WitnessSilent
from mingma.witness_client import MAX_ANSWER, HttpWitnesses
from tests.paths import SOURCE
from tests.storage.promises import _split, name_of


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[str, bytes, Any]]] = []
    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b"line\n"
    closes: ClassVar[bool] = False
    hangs: ClassVar[threading.Event | None] = None

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        Handler.asked.append((self.path, sent, self.client_address))
        if Handler.hangs is not None:
            Handler.hangs.wait()
            return
        self.send_response(Handler.status)
        if Handler.status == 302:
            self.send_header("Location", "/elsewhere/add-checkpoint")
        self.send_header("Content-Length", str(len(Handler.body)))
        self.end_headers()
        self.wfile.write(Handler.body)
        if Handler.closes:  # without a word, as a restarted witness does
            self.close_connection = True

    def do_GET(self) -> None:
        self.headers["Content-Length"] = "0"
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def client() -> Iterator[HttpWitnesses]:
    made = HttpWitnesses(timeout=20)
    yield made
    made.close()


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "asked", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/witness"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"line\n"), (409, b"7\n"), (302, b""), (404, b"no"), (500, b"\xff\x00"), (200, b"")],
)
def test_the_status_and_body_that_the_witness_at_a_url_answers_with_whatever_they_are(
    client: HttpWitnesses, url: str, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    monkeypatch.setattr(Handler, "status", status)
    monkeypatch.setattr(Handler, "body", body)
    assert client.add_checkpoint(url, b"old 0\n\n") == (status, body)
    [(path, sent, _)] = Handler.asked  # a redirection is followed nowhere
    assert (path, sent) == ("/witness/add-checkpoint", b"old 0\n\n")


def test_what_it_answers_when_asked_for_the_last_checkpoint_it_cosigned_of_a_log_as_above(
    client: HttpWitnesses, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for status, body in [(200, b"note"), (404, b"")]:
        monkeypatch.setattr(Handler, "status", status)
        monkeypatch.setattr(Handler, "body", body)
        assert client.checkpoint(url + "/", "ab" * 32) == (status, body)
    assert {path for path, *_ in Handler.asked} == {f"/witness/{'ab' * 32}/checkpoint"}
    with pytest.raises(WitnessSilent):
        client.checkpoint("http://127.0.0.1:1/w", "ab" * 32)


def test_what_speaks_against_a_log_may_be_longer_than_an_answer(
    client: HttpWitnesses, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "body", b"x" * (MAX_ANSWER + 9))
    assert client.forks(url, "ab" * 32) == (200, Handler.body)
    assert {path for path, *_ in Handler.asked} == {f"/witness/{'ab' * 32}/forks"}
    with pytest.raises(WitnessSilent):
        client.forks("http://127.0.0.1:1/w", "ab" * 32)


def test_no_answer_within_a_few_seconds_raises_witnesssilent(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(Handler, "hangs", over)
    client = HttpWitnesses(timeout=0.05)
    with pytest.raises(WitnessSilent, match=r"127\.0\.0\.1"):
        client.add_checkpoint(url, b"")
    over.set()
    client.close()


@pytest.mark.parametrize(
    "bad", ["http://127.0.0.1:1/w", "ftp://127.0.0.1/w", "nothing", "http://", "http://a:b/"]
)
def test_what_cannot_be_reached_is_silent(client: HttpWitnesses, bad: str) -> None:
    with pytest.raises(WitnessSilent):
        client.add_checkpoint(bad, b"")


def test_a_connection_is_kept_and_opened_anew_where_the_witness_closed_it(
    client: HttpWitnesses, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        client.add_checkpoint(url, b"")
    assert len({address for *_, address in Handler.asked}) == 1
    monkeypatch.setattr(Handler, "closes", True)
    for _ in range(3):
        assert client.add_checkpoint(url, b"")[0] == 200
    assert len({address for *_, address in Handler.asked}) == 3


def test_an_answer_without_end_is_cut(
    client: HttpWitnesses, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "body", b"x" * (MAX_ANSWER + 9))
    for _ in range(2):  # and its connection is not used again
        assert client.add_checkpoint(url, b"") == (200, b"x" * MAX_ANSWER)
    assert len({address for *_, address in Handler.asked}) == 2


def test_witnesses_asked_over_the_network_from_several_threads_at_once(
    client: HttpWitnesses, url: str
) -> None:
    said: list[int] = []
    threads = [
        threading.Thread(target=lambda: said.append(client.add_checkpoint(url, b"")[0]))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said == [200] * 8


def test_release_connections_asking_again_opens_new_ones(client: HttpWitnesses, url: str) -> None:
    client.add_checkpoint(url, b"")
    client.close()
    assert client.add_checkpoint(url, b"")[0] == 200
    assert len({address for *_, address in Handler.asked}) == 2


def test_each_sentence_of_the_port_is_the_name_of_a_test_here() -> None:
    tree = ast.parse((SOURCE / "ports.py").read_text(encoding="utf-8"))
    [port] = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "WitnessClient"
    ]
    methods = [node for node in port.body if isinstance(node, ast.FunctionDef)]
    found = [sentence for node in (port, *methods) for _, sentence in _split("", node)]
    assert len(found) == 5
    for sentence in found:
        assert name_of(sentence) in globals(), sentence
