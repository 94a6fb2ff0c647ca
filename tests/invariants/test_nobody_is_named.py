"""P12: whoever has every public byte and a full register finds nobody; and the drill can find."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from mingma.authority.refusal import NotAllowed
from mingma.city.identity import id_numbers, names
from mingma.codes.bundle import parse_bundle
from mingma.flows.attempts import ATTEMPT
from mingma.flows.cosigned import COSIGNED
from mingma.flows.draw_sample import SAMPLE
from mingma.flows.editions import EDITION
from mingma.flows.proposals import PROPOSAL
from mingma.flows.tally_day import TALLY
from mingma.flows.witness import FORK, add_checkpoint
from mingma.kernel.canonical import canonical
from mingma.kernel.times import HOUR
from mingma.ledger.commitment import commitment, enrolment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.witnessing import NotAnExtension
from mingma.records import Outgoing
from tests.api.test_witness import watch
from tests.flows.logs import public_files
from tests.instances import NOW, contact, sample, stage
from tests.posts import Posts, hold
from tests.public_bytes import PublicBytes, addresses, blanks, for_everyone, public_bytes
from tests.routes import Line
from tests.rule_changes import changed, draft, small_town
from tests.under_policy import Watched, under_policy
from tests.witnessing import LOG, forked

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
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, list[Known]]]:
    """A province with events of people of a generated city, and everybody in its register.

    All that can be public is: marks proposed and done, a refused act, a draft of a rule, a fork of
    a witnessed log, and a day that is over, with its index, table, sample and alarms.
    """
    days = np.asarray([8000 + 37 * n for n in range(PEOPLE)])
    numbers = id_numbers("410100", days, np.asarray([n % 2 == 1 for n in range(PEOPLE)]))
    whole, _ = names(7, PEOPLE)
    folder = watch(tmp_path_factory.mktemp("city"))
    with under_policy(folder) as scene:
        identities = [{"type": "resident_id", "number": row.tobytes().decode()} for row in numbers]
        for n, identity in enumerate(identities[:SENT]):
            record = contact(f"c{n}") if n % 2 else sample(f"t{n}")
            del record["subject"]
            scene.approve({**record, "identity": identity})
        refs = [scene.instance.identify(identity) for identity in identities]
        known = []
        for n, (identity, ref) in enumerate(zip(identities, refs, strict=True)):
            with scene.instance.store.read() as unit:
                bodies = tuple(one.body() for one in unit.decisions_of(ref))
            phone = f"138{n:08}"
            known.append(Known(identity["number"], str(whole[n]), phone, ref, bodies))
        assert sum(bool(one.bodies) for one in known) == SENT
        acts_about(scene, refs)
        a_day_later(scene)
        yield scene, known


def acts_about(scene: Watched, refs: list[str]) -> None:
    """Officers mark some, propose to mark others, try what they may not; somebody drafts a rule."""
    here = Posts(scene)
    hold(here)
    here.mark_contacts(*refs[:3])
    waiting = here.propose(*refs[3:6])
    with pytest.raises(NotAllowed):
        here.approve(waiting, "zz-cdc-investigator")
    scene.instance.context = replace(scene.instance.context, town=small_town)
    draft(here, changed("close", "close"))
    witness = scene.instance.witness
    assert witness is not None
    add_checkpoint(scene.instance.store, witness, LOG.ask(0, 1000), scene.clock())
    fork = LOG.ask(1000, 1000, of=forked(1, 1000))
    with pytest.raises(NotAnExtension):
        add_checkpoint(scene.instance.store, witness, fork, scene.clock())


def a_day_later(scene: Watched) -> None:
    """What is due when the day is over; twice, since the sample waits for the table's head."""
    scene.clock.forward(13 * HOUR)
    for _ in range(3):
        scene.instance.keep_duties()
        scene.instance.ask_witnesses()
        scene.clock.forward(HOUR)


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
def public(city: tuple[Watched, list[Known]]) -> PublicBytes:
    scene, _ = city
    return public_bytes(scene.instance)


@pytest.fixture(scope="module")
def drill(city: tuple[Watched, list[Known]], public: PublicBytes) -> Drill:
    scene, _ = city
    guesses = [b"", b"mingma/person/v1", b"mingma/tag/1|", b"mingma/enrol/1", b"410000"]
    guesses += [scene.instance.log.origin.encode(), scene.instance.context.organ.encode()]
    guesses += [key.public for key in scene.instance.log.keys]
    guesses += [scene.instance.log.tree.root(), scene.instance.signer.kid]
    return Drill(public.data, guesses)


SILENT: Final = [  # what says nothing to whoever sends nothing, and an address that is none
    "GET /schema/{path}",
    "POST /gate",
    "POST /sign-out",
    "POST /v1/gate/check",
    "POST /v1/token/check",
    "POST /witness/add-checkpoint",
]


def test_the_drill_has_an_answer_of_every_address_that_is_for_everyone(
    city: tuple[Watched, list[Known]], public: PublicBytes
) -> None:
    assert sorted({str(line) for line in for_everyone()} - public.answered) == SILENT
    with city[0].instance.store.read() as unit:
        for kind in (PROPOSAL, EDITION, ATTEMPT, SAMPLE, TALLY, FORK, COSIGNED):
            assert unit.records(kind), kind


@pytest.mark.parametrize(
    ("path", "made_by", "as_bytes"),
    [
        ("/v1/public/statistics", "mingma.api.public.public_statistics", False),
        ("/v1/public/alarms", "mingma.api.public.public_alarms", False),
        ("/v1/public/sources/{day}", "mingma.api.sources.public_day", False),
        ("/ledger/tally/{day}", "mingma.api.ledger_index.table_of", True),
    ],
)
def test_p12_the_drill_finds_whom_any_public_address_gives_away(
    city: tuple[Watched, list[Known]],
    drill: Drill,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    made_by: str,
    as_bytes: bool,
) -> None:
    scene, known = city
    said = {"who": hashlib.sha256(known[5].number.encode()).hexdigest()}
    monkeypatch.setattr(made_by, lambda *_: canonical(said) if as_bytes else said)
    bad = Drill(public_bytes(scene.instance, only=path).data, [])
    bad.keys = drill.keys
    assert [one.number for one in known[:20] if bad.finds(one)] == [known[5].number]


def test_a_new_public_address_is_in_the_drill_by_itself(
    city: tuple[Watched, list[Known]], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = blanks(city[0].instance)
    plain = Line("GET", "/v1/public/new/{day}", "everyone", "–")
    assert list(addresses(plain, known)) == ["/v1/public/new/2022-06-14"]
    with pytest.raises(KeyError, match="person"):
        list(addresses(replace(plain, path="/v1/public/new/{person}"), known))


def test_p12_all_public_bytes_and_a_full_register_name_nobody(
    city: tuple[Watched, list[Known]], drill: Drill
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
    tmp_path: Path, city: tuple[Watched, list[Known]], drill: Drill, digest: object
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
    city: tuple[Watched, list[Known]], drill: Drill
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
