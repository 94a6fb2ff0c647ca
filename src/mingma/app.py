"""One instance: settings read once, adapters chosen, everything a surface calls gathered here."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mingma.clock import Clock, replay_clock, wall_clock
from mingma.codes.trust import Trust
from mingma.evidence.areas.listings import Listing
from mingma.evidence.areas.matching import AreaHistory
from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.enrol import Holder
from mingma.flows.publish_log import PublicLog
from mingma.flows.receive_evidence import Envelope, receive_evidence
from mingma.flows.renew_everyone import renew_everyone
from mingma.flows.seal import Log
from mingma.flows.show_code import Shown, show_code
from mingma.flows.witness import Witness
from mingma.kernel.times import Instant, day_of, parse_instant
from mingma.keys import (
    Es256Signer,
    load_trust,
    log_key,
    person_key,
    session_key,
    specimen_issuer,
)
from mingma.people.identity import read_identity_object
from mingma.people.mask import last_four
from mingma.people.provisional import provisional_ref, read_provisional
from mingma.people.pseudonym import person_ref
from mingma.ports import Batch, Store
from mingma.settings import Settings
from mingma.shelf import load_pack
from mingma.shipped import divisions, read_area_list
from mingma.storage import open_store
from mingma.witness_keys import load_witness


@dataclass(slots=True)
class Instance:
    """A running instance. Safe from several threads: writers take turns in the store."""

    settings: Settings
    store: Store
    context: Context
    signer: Es256Signer
    clock: Clock
    log: Log
    public_log: PublicLog
    trust: Trust  # the issuer's own certificates: what a gate of this instance believes
    session_key: bytes = field(repr=False)
    _person_key: bytes = field(repr=False)
    witness: Witness | None = None  # for other logs; None where it watches none
    _sealing: threading.Lock = field(default_factory=threading.Lock)

    def identify(self, identity: object) -> str:
        """The person's reference for an `identity` object; raises Malformed."""
        return self.holder(identity).ref

    def holder(self, identity: object) -> Holder:
        """Whose paper an `identity` object names; raises Malformed."""
        paper = read_identity_object(identity, today=day_of(self.clock()))
        return Holder(person_ref(paper, self._person_key), last_four=last_four(paper))

    def by_name_and_phone(self, name: str, phone: str) -> str:
        """The provisional reference of somebody known only so; raises Malformed."""
        return provisional_ref(read_provisional(name, phone), self._person_key)

    def receive(self, envelope: Envelope) -> Batch:
        """Receive a signed batch in one transaction, then seal its leaves."""
        now = self.clock()
        with self.store.write() as unit:
            batch = receive_evidence(
                unit, self.context, envelope, now,
                identify=self.holder, chance=secrets.token_bytes,
            )  # fmt: skip
        self.seal()
        return batch

    def renew(self, ref: str) -> None:
        """Decide anew for one person on the evidence there is, then seal."""
        with self.store.write() as unit:
            redecide(unit, self.context, {ref}, self.clock())
        self.seal()

    def seal(self) -> int:
        """Seal what waits; one thread at a time."""
        with self._sealing:
            return self.log.seal_all(self.clock())

    def show(self, ref: str, lang: str) -> Shown:
        """The person's own code now."""
        with self.store.read() as unit:
            return show_code(
                unit, self.context, ref, self.clock(),
                lang=lang, signer=self.signer, chance=secrets.token_bytes,
            )  # fmt: skip

    def catch_up(self) -> int:
        """Decide anew for everybody if packs, area list or emergency are not those last used."""
        made = renew_everyone(self.store, self.context, self.clock())
        self.seal()
        return made

    def know_areas(self, instant: Instant) -> None:
        """From here on, work with the area list as it was known at an instant."""
        if self.context.areas is not None:
            self.context = replace(self.context, areas=self.context.areas.known_at(instant))

    def close(self) -> None:
        """Release the store."""
        self.store.close()


def open_instance(settings: Settings, *, listings: Sequence[Listing] | None = None) -> Instance:
    """The instance the settings describe; raises Problem when something is missing.

    `listings` stand in for the settings' area list.
    """
    clock = replay_clock(parse_instant(settings.clock, "clock")) if settings.clock else wall_clock
    keys = Path(settings.keys)
    if listings is None and settings.areas:
        listings = read_area_list(Path(settings.areas))
    history = AreaHistory.of(listings, divisions()) if listings is not None else None
    context = Context(
        organ=settings.organ,
        region=settings.region,
        packs=tuple(load_pack(id.strip()) for id in settings.packs.split(",")),
        divisions=divisions(),
        areas=history,
    )
    signer = specimen_issuer(keys, clock())
    store = open_store(settings.database)
    return Instance(
        settings=settings,
        store=store,
        context=context,
        signer=signer,
        clock=clock,
        log=Log(store, log_key(keys / "log.key", settings.origin)),
        public_log=PublicLog(store),
        trust=load_trust(keys / "trust")[0],
        session_key=session_key(keys / "session.key"),
        _person_key=person_key(keys / "person.key"),
        witness=load_witness(keys, settings.organ),
    )
