"""The places where abuses are tried: an instance of its own for each try, closed at its end.

Nothing is opened before a case asks for it, so a control that is broken first is broken all along.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest.mock import patch

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.cli import main
from mingma.flows.signed_act import SignedAct
from mingma.kernel.times import print_instant
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.opening import open_instance
from mingma.ports import WitnessClient
from mingma.serving import create_app
from mingma.settings import Settings
from tests.api.asking import Client
from tests.instances import NOW, Stage, at, stage
from tests.posts import Posts, posts
from tests.under_policy import Watched, under_policy

T = TypeVar("T")
FILE = "a.db"
MAKER = "zz-cdc-investigator"


class Scene:
    """What a case may open. Everything is closed with it."""

    def __init__(self, folder: Path, app: Litestar) -> None:
        self.folder = folder
        self._app = app
        self._stack = ExitStack()
        self._client: Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *why: object) -> None:
        self._stack.close()

    def open(self, manager: AbstractContextManager[T]) -> T:
        """Enter something that ends with the scene."""
        return self._stack.enter_context(manager)

    def specimen(self, **settings: Any) -> Stage:
        """An instance in memory with its three sources and an emergency."""
        return self.open(stage(self.folder, **settings))

    def in_file(self) -> Stage:
        """The same in a SQLite file, for somebody to edit."""
        return self.open(stage(self.folder, self.database))

    def watched(self, *, in_file: bool = False) -> Watched:
        """An instance under a trust policy, with three witnesses of which two are enough."""
        return self.open(under_policy(self.folder, self.database if in_file else "memory:"))

    def office(self, **settings: Any) -> Office:
        """Everybody in office, over HTTP."""
        here = self.open(posts(self.folder, **settings))
        return Office(here, self.client(here.stage))

    def client(self, at: Stage) -> Client:
        """Asks the whole app over an instance."""
        self._app.state.instance = at.instance
        if self._client is None:
            self._client = Client(self.open(TestClient(self._app, raise_server_exceptions=False)))
        return self._client

    def fresh_client(self, at: Stage) -> Client:
        """The same over an app of its own: which routes there are depends on its settings."""
        return Client(self.open(TestClient(create_app(at.instance), raise_server_exceptions=False)))

    def run(self, *words: object) -> tuple[int, str]:
        """A command line run in this process: its status, and all it said."""
        said = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        keys = patch.dict(os.environ, MINGMA_KEYS=str(self.folder / "keys"))
        with keys, redirect_stdout(said), redirect_stderr(said):
            status = main([str(word) for word in words])
        said.seek(0)
        return status, said.read()

    @property
    def database(self) -> str:
        """The database in a file."""
        return f"sqlite:///{self.folder / FILE}"

    def sql(self, *statements: str) -> None:
        """What somebody with the database's file can do to it."""
        link = sqlite3.connect(self.folder / FILE)
        link.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            assert link.execute(statement).rowcount > 0, statement
        link.commit()
        link.close()

    def dump(self) -> str:
        """Every row of the database's file."""
        link = sqlite3.connect(self.folder / FILE)
        try:
            return "\n".join(link.iterdump())
        finally:
            link.close()

    def copy(self, name: str) -> Path:
        """A copy of the database's file."""
        return Path(shutil.copy(self.folder / FILE, self.folder / name))

    def restart(self) -> Instance:
        """Start again on the file, as the operator would; serving looks at the newest rows."""
        settings = Settings(
            database=self.database, keys=str(self.folder / "keys"), clock=print_instant(NOW)
        )
        instance = self.start(settings)
        create_app(instance)
        return instance

    def start(self, settings: Settings, witnesses: WitnessClient | None = None) -> Instance:
        """Open an instance; raises Problem."""
        instance = open_instance(settings, witness_client=witnesses)
        self._stack.callback(instance.close)
        return instance


@dataclass(slots=True)
class Office:
    """Everybody in office, and the one door they have: POST /v1/acts."""

    posts: Posts
    client: Client

    @property
    def stage(self) -> Stage:
        """The instance and its clock."""
        return self.posts.stage

    def send(self, officer: str, act: Act, body: Mapping[str, Any], **when: Any) -> httpx.Response:
        """An act as the officer's passkey signs it now, or at another instant."""
        return self.post(self.posts.sign(officer, act, body, **when))

    def post(self, signed: SignedAct) -> httpx.Response:
        """A signed act, as it goes over the wire."""
        said = {
            "act": signed.act.value,
            "assertion": signed.assertion,
            "at": print_instant(signed.at),
            "body": signed.body,
            "nonce": signed.nonce,
            "officer": signed.officer,
            "session": signed.session,
        }
        return self.client.http.post("/v1/acts", json=said)

    def begin(self, officer: str) -> httpx.Response:
        """A session begun with the officer's passkey."""
        asked = self.posts.beginning(officer)
        said = {
            "assertion": asked.assertion,
            "at": print_instant(asked.at),
            "nonce": asked.nonce,
            "officer": officer,
        }
        return self.client.http.post("/v1/acts/session", json=said)

    def done(self, officer: str, act: Act, body: Mapping[str, Any]) -> dict[str, Any]:
        """An act that is done: what the officer is told."""
        response = self.send(officer, act, body)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()["done"]
        return answer

    def refused(self, officer: str, act: Act, body: Mapping[str, Any]) -> set[str]:
        """An act that is refused in public: the policies that its attempt names."""
        before = {one["nonce"] for one in self.attempts()}
        response = self.send(officer, act, body)
        assert 400 <= response.status_code < 500, response.text
        new = [one for one in self.attempts() if one["nonce"] not in before]
        assert len(new) == 1, response.text  # one attempt each
        assert (new[0]["act"], new[0]["leaf_index"] is not None) == (act.value, True)
        return set(new[0]["policies"])

    def attempts(self) -> list[dict[str, Any]]:
        """Every refused attempt, as anybody reads it."""
        found: list[dict[str, Any]] = self.client.get("/v1/public/attempts").json()["attempts"]
        return found

    # -- the act path

    def contacts(self, *refs: str, **other: Any) -> dict[str, Any]:
        """A proposal of close contacts of a true case, each with evidence of her own."""
        body = self.posts.contacts(refs, self.posts.visits(*refs))
        for row in body["rows"]:
            row["region"] = "410100"
        self.stage.clock.forward(1)
        return body | other

    def propose(self, *refs: str, **other: Any) -> dict[str, Any]:
        """The same, accepted: what the maker is told."""
        return self.done(MAKER, Act.PROPOSE_CONTACTS, self.contacts(*refs, **other))

    def approval(self, proposal: str, *refused: str) -> dict[str, Any]:
        """What a checker signs of a proposal as it stands; `refused` are people."""
        standing = self.posts.standing(proposal)
        digests = [r.digest().hex() for r in standing.proposal.rows if r.subject in refused]
        return {"proposal": proposal, "seen": standing.state.hex(), "refused": digests}

    def drawn(self, proposal: str) -> str:
        """On whom the lot fell now."""
        return self.posts.drawn(proposal).officer.id

    def mark(self, *refs: str) -> str:
        """The whole path, lawfully: proposed, approved by whom the lot fell on, in effect."""
        proposal = str(self.propose(*refs)["proposal"])
        for act in (Act.APPROVE, Act.APPROVE_SECOND):
            self.stage.clock.forward(30)
            said = self.done(self.drawn(proposal), act, self.approval(proposal))
            if said["status"] == "approved":
                break
        return proposal


def slug(response: httpx.Response) -> str:
    """Why a request was refused; nothing where it was not."""
    return str(response.json().get("slug", ""))


def leaves(at: Stage, *kinds: Kind) -> list[Leaf]:
    """The leaves of the public log, of some kinds or all."""
    with at.instance.store.read() as unit:
        found = [parse(entry)[0] for entry in unit.leaves(0, unit.head()[0])]
    return [one for one in found if not kinds or one.kind in kinds]


def listed(*refs: str, evidence: str = "", **other: Any) -> dict[str, Any]:
    """Who is to be red, as a list has it."""
    rows = [
        {"subject": ref, "evidence": [evidence] if evidence else [], "at": at(-30),
         "data": {"relation": "close", "index": "case-7"}}
        for ref in refs
    ]  # fmt: skip
    return {
        "kind": "contact_finding", "pack": "cn-henan-2021-08", "rule": "HA-R3", "region": "410100",
        "case": "case-7", "rows": rows, **other,
    }  # fmt: skip
