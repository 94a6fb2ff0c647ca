"""A site under test: an instance with a few people on it, and a client that keeps its cookies."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from mingma.flows.enrol import Holder, enrol
from mingma.kernel.times import HOUR
from mingma.records import Record
from mingma.serving import create_app
from mingma.session import DESK
from tests.instances import Stage, at, contact, sample, stage

# (reference, masked name, last four, note) of the demo's people.
PEOPLE = (
    ("p-green", "Z*", "0028", "绿码:无事 / green: nothing"),
    ("p-yellow", "L*", "116X", "yellow: the second phase of a close contact"),
    ("p-red", "W*", "3317", "red: a close contact"),
    ("p-notice", "O*", "4409", "green, with a notice"),
)
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


def match(id: str, subject: str, hours: float) -> dict[str, Any]:
    """A telecom match, which gives a notice at most."""
    return {
        "id": id,
        "kind": "companion_match",
        "subject": subject,
        "at": at(hours),
        "region": "410105",
        "data": {"overlap_minutes": 20, "cell": "x"},
    }


def people_on(scene: Stage) -> None:
    """Put the demo's people on an instance: green, yellow, red, and green with a notice."""
    instance = scene.instance
    with instance.store.write() as unit:
        holders = {ref: Holder(ref, name, last) for ref, name, last, _ in PEOPLE}
        enrol(unit, instance.context, holders, instance.clock(), secrets.token_bytes, holders)
        for ref, name, _, note in PEOPLE:
            body = json.dumps({"ref": ref, "name": name, "note": note}).encode()
            unit.add_record(Record("demo_person", ref, instance.clock(), body))
    scene.send(sample("g1", "p-green", -20, result="negative"))
    scene.clock.forward(3 * HOUR)
    scene.send(
        contact("c1", "p-yellow", -16 * 24),
        contact("c2", "p-red", -30),
        match("m1", "p-notice", -20),
    )


@dataclass(slots=True)
class Site:
    """One visit."""

    scene: Stage
    app: Litestar
    client: TestClient[Litestar]

    def get(self, path: str) -> httpx.Response:
        """A page, as a browser asks for it."""
        return self.client.get(path, headers={"Accept": "text/html"})

    def text(self, path: str) -> str:
        """The text of a page that is there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def token(self, path: str = "/gate") -> str:
        """The token of the forms of this visit."""
        found = TOKEN.search(self.get(path).text)
        assert found, f"no form on {path}"
        return found[1]

    def post(self, path: str, files: Any = None, **fields: str) -> httpx.Response:
        """Send a form of this visit; the answer before any redirect."""
        return self.client.post(
            path,
            data={"form_token": self.token(), **fields},
            files=files,
            headers={"Accept": "text/html"},
            follow_redirects=False,
        )

    def sign_in(self, ref: str) -> None:
        """Be one of the demo's people."""
        answer = self.post("/sign-in", ref=ref)
        assert answer.status_code == 303, answer.text

    def to_desk(self) -> None:
        """Be the import desk."""
        self.sign_in(DESK)

    def another(self) -> Site:
        """Another visit to the same instance."""
        return Site(self.scene, self.app, TestClient(self.app))

    def counts(self) -> dict[str, int]:
        """How much the store holds."""
        with self.scene.instance.store.read() as unit:
            return dict(unit.statistics())


@contextmanager
def site(
    folder: Path,
    *,
    sign_in: str = "development",
    emergency: bool = True,
    packs: str = "cn-henan-2021-08",
) -> Iterator[Site]:
    """A visit to an instance with the demo's people."""
    with stage(folder, sign_in=sign_in, emergency=emergency, packs=packs) as scene:
        people_on(scene)
        app = create_app(scene.instance)
        with TestClient(app) as client:
            yield Site(scene, app, client)
