"""P12: whoever has every public byte and a full register finds nobody; and the drill can find."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from litestar.testing import TestClient

from mingma.city.identity import id_numbers, names
from mingma.codes.bundle import parse_bundle
from mingma.flows.index_hour import keep_hours
from mingma.kernel.canonical import canonical
from mingma.ledger.commitment import commitment, enrolment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.records import Outgoing
from mingma.serving import create_app
from tests.flows.logs import public_files
from tests.instances import NOW, Stage, contact, sample, stage

PEOPLE: Final = 150  # in the register
SENT: Final = 40  # of them with an event in the log
WINDOW: Final = 8  # bytes that must not be met: the chance of one by accident is nil
EVENTS: Final = 50  # events of each guessed key that are tried


@dataclass(frozen=True)
class Known:
    """What the register says of a person, and a true event of hers, if the attacker knows one."""

    number: str
    name: str
    phone: str
    ref: str
    bodies: tuple[bytes, ...] = ()

    def texts(self) -> Iterator[str]:
        """Whatever might have been hashed."""
        yield from (self.number, self.number[:-1], self.number[6:14], self.name, self.phone)
        yield from (self.ref, self.ref[1:], f"resident_id:{self.number}", f"p{self.number}")
        yield f"{self.name}{self.phone}"
        yield f"{self.name}|{self.number}|{self.phone}"
        yield canonical({"type": "resident_id", "number": self.number}).decode()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, list[Known]]]:
    """A log with events of people of a generated city, and everybody in its register."""
    days = np.asarray([8000 + 37 * n for n in range(PEOPLE)])
    numbers = id_numbers("410100", days, np.asarray([n % 2 == 1 for n in range(PEOPLE)]))
    whole, _ = names(7, PEOPLE)
    folder = tmp_path_factory.mktemp("city")
    with stage(folder) as scene:
        identities = [{"type": "resident_id", "number": row.tobytes().decode()} for row in numbers]
        for n, identity in enumerate(identities[:SENT]):
            record = contact(f"c{n}") if n % 2 else sample(f"t{n}")
            del record["subject"]
            scene.send({**record, "identity": identity})
        known = []
        for n, identity in enumerate(identities):
            ref = scene.instance.identify(identity)
            with scene.instance.store.read() as unit:
                bodies = tuple(one.body() for one in unit.decisions_of(ref))
            phone = f"138{n:08}"
            known.append(Known(identity["number"], str(whole[n]), phone, ref, bodies))
        assert sum(bool(one.bodies) for one in known) == SENT
        keep_hours_of(scene)
        yield scene, known


def keep_hours_of(scene: Stage) -> None:
    """An index over the tags, as it is published each hour."""
    keep_hours(scene.instance.acting, scene.instance.context.organ, scene.clock(), asked=True)


def public_bytes(scene: Stage) -> bytes:
    """Everything anybody can fetch: files of the log, landmarks, indexes, pages, counts."""
    parts = list(public_files(scene.instance.store).values())
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
    pages = ["/", "/log", "/packs", "/healthz", "/readyz", "/metrics", "/gate"]
    pages += ["/ledger/checkpoint", "/ledger/landmarks", "/ledger/index", f"/ledger/index/0-{size}"]
    pages += [f"/log/{index}" for index in range(size)]
    with TestClient(create_app(scene.instance), raise_server_exceptions=False) as client:
        answers = [client.get(page) for page in pages]
    assert sum(answer.status_code == 200 for answer in answers) > size
    return b"\0".join([*parts, *(answer.content for answer in answers)])


class Drill:
    """The attacker: every window of the public bytes, and every derivation that comes to mind."""

    def __init__(self, public: bytes, guesses: list[bytes]) -> None:
        self.public = public
        self.windows = {public[n : n + WINDOW] for n in range(len(public) - WINDOW + 1)}
        self.keys = [key.ljust(32, b"\0")[:32] for key in guesses]

    def met(self, digest: bytes) -> bool:
        """Whether a digest is there: raw, in hexadecimal, in base64 of either kind."""
        if digest[:WINDOW] in self.windows:
            return True
        forms = (digest.hex().encode(), base64.b64encode(digest), base64.urlsafe_b64encode(digest))
        return any(form[:WINDOW] in self.windows for form in forms)

    def finds(self, one: Known) -> str | None:
        """How the person is found, or None."""
        for text in one.texts():
            plain = text.encode()
            escaped = json.dumps(text).strip('"').encode()
            if len(plain) >= WINDOW and (plain in self.public or escaped in self.public):
                return f"{text} in the clear"
            for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "sha3_256"):
                if self.met(hashlib.new(name, plain).digest()):
                    return f"{name} of {text}"
            if any(self.met(hmac.digest(key, plain, "sha256")) for key in self.keys):
                return f"hmac of {text}"
            if found := self._by_key(text, one.bodies):
                return found
        for body in one.bodies:
            known = [hashlib.sha256(body).digest(), hashlib.sha256(b"\0" + body).digest()]
            known += [commitment(key, body) for key in self.keys]
            if any(map(self.met, known)):
                return "the digest of a known event"
        return None

    def _by_key(self, text: str, bodies: tuple[bytes, ...]) -> str | None:
        """If K were made from what the register says."""
        plain = text.encode()
        for key in (hashlib.sha256(plain).digest(), plain.ljust(32, b"\0")[:32]):
            if self.met(enrolment(key)):
                return f"K made from {text}"
            for number in range(EVENTS):
                if self.met(tag(key, number)):
                    return f"a tag under {text}"
            for number, body in enumerate(bodies, start=1):
                if self.met(commitment(nonce(key, number), body)):
                    return f"a commitment under {text}"
        return None


@pytest.fixture(scope="module")
def drill(city: tuple[Stage, list[Known]]) -> Drill:
    scene, _ = city
    guesses = [b"", b"mingma/person/v1", b"mingma/tag/1|", b"mingma/enrol/1", b"410000"]
    guesses += [scene.instance.log.origin.encode(), scene.instance.context.organ.encode()]
    guesses += [key.public for key in scene.instance.log.keys]
    guesses += [scene.instance.log.tree.root(), scene.instance.signer.kid]
    return Drill(public_bytes(scene), guesses)


def test_p12_all_public_bytes_and_a_full_register_name_nobody(
    city: tuple[Stage, list[Known]], drill: Drill
) -> None:
    _, known = city
    assert [found for one in known if (found := drill.finds(one))] == []
    assert len(drill.public) > 10_000


@pytest.mark.parametrize(
    "digest",
    [
        lambda one: hashlib.sha256(one.number.encode()).digest(),
        lambda one: hashlib.sha256(one.ref.encode()).digest(),
        lambda one: hmac.digest(b"410000".ljust(32, b"\0"), one.number.encode(), "sha256"),
        lambda one: hashlib.sha256(one.bodies[0]).digest(),
        lambda one: enrolment(hashlib.sha256(one.phone.encode()).digest()),
        lambda one: commitment(bytes(32), one.bodies[0]),
        lambda one: tag(hashlib.sha256(one.number.encode()).digest(), 7) * 2,
    ],
)
def test_p12_the_drill_finds_whom_a_plain_hash_in_a_leaf_gives_away(
    tmp_path: Path, city: tuple[Stage, list[Known]], drill: Drill, digest: object
) -> None:
    _, known = city
    victim = known[3]
    leaf = Leaf(kind=Kind.ATTEMPT, commitment=digest(victim), organ="o")  # type: ignore[operator]
    with stage(tmp_path) as other:
        with other.instance.store.write() as unit:
            unit.add_leaves([Outgoing("instance:x", 0, leaf.unsealed(), NOW)])
        other.instance.seal()
        public = b"".join(public_files(other.instance.store).values())
    bad = Drill(public, [])
    bad.keys = drill.keys
    assert [one.number for one in known[:20] if bad.finds(one)] == [victim.number]


def test_p12_her_own_bundle_finds_her_leaves_and_nobody_else_s(
    city: tuple[Stage, list[Known]], drill: Drill
) -> None:
    """With K itself it is easy: so the drill looks in the right place."""
    scene, known = city
    bundle, _ = parse_bundle(scene.instance.own_bundle(known[1].ref))
    assert drill.met(tag(bundle.key, 1))
    assert drill.met(enrolment(bundle.key))
    assert not drill.met(tag(bundle.key, len(bundle.events)))
    # The instants of events are in no public byte either.
    instants = {json.loads(body)["decided_at"] for one in known for body in one.bodies}
    assert not any(str(instant).encode() in drill.public for instant in instants)
