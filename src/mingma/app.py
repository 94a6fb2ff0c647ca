"""One instance: everything a surface calls, gathered here."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

from mingma.appeals.appeal import Filed
from mingma.authority.acts import Group, groups_of
from mingma.clock import Clock
from mingma.codes.trust import Trust
from mingma.cosigning import Cosigning
from mingma.duties import Rounds, keep
from mingma.engines.cedar import CedarEngine
from mingma.engines.passkeys import WebAuthnPasskeys
from mingma.flows.act_case import Denied, Desk, Done
from mingma.flows.bundle import own_bundle, specimen_policy
from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.editions import in_force
from mingma.flows.enrol import Holder
from mingma.flows.full_head import Heads
from mingma.flows.hold_ceremony import Ceremony, perform_ceremony
from mingma.flows.index_hour import PublicIndex
from mingma.flows.log_time import log_time
from mingma.flows.officer_session import Beginning, Begun, begin
from mingma.flows.oversee import Watch
from mingma.flows.own_history import own_receipt
from mingma.flows.perform_act import perform
from mingma.flows.publish_log import PublicLog
from mingma.flows.receipts import Receipts
from mingma.flows.receive_evidence import Envelope, receive_evidence
from mingma.flows.reconcile import (
    LOOKED_AT,
    Found,
    look_at_the_newest,
    look_at_what_waits,
    must_fit,
    reconcile,
)
from mingma.flows.reconcile_nightly import keep_met
from mingma.flows.rehearse_draft import rehearse_draft
from mingma.flows.renew_everyone import renew_everyone
from mingma.flows.renew_lost import renew_lost
from mingma.flows.seal import Log
from mingma.flows.sealing import Sealing
from mingma.flows.second_head import SecondHead
from mingma.flows.show_code import Shown, show_code
from mingma.flows.signed_act import SignedAct
from mingma.flows.together import Together
from mingma.flows.vouched_rows import Met, NotVouched
from mingma.flows.waiting import waiting_appeals, waiting_turns
from mingma.flows.witness import Witness
from mingma.flows.yield_report import YieldReport, publish_yield
from mingma.issuer import Es256Signer
from mingma.kernel.errors import Problem, Unavailable
from mingma.kernel.times import Instant, day_of
from mingma.ledger.proof import Receipt
from mingma.people.identity import read_identity_object
from mingma.people.mask import last_four
from mingma.people.provisional import provisional_ref, read_provisional
from mingma.people.pseudonym import person_ref
from mingma.ports import Store, Unit
from mingma.records import Batch
from mingma.rules.verdict import PackRef
from mingma.settings import Settings

TOGETHER: Final = 1 << 16  # bytes of envelopes that are taken in together


@dataclass(slots=True)
class Instance:
    """A running instance. Safe from several threads: writers take turns in the store."""

    settings: Settings
    store: Store
    met: Met  # rows of power that nobody vouches for, until an alarm was raised
    context: Context
    signer: Es256Signer
    clock: Clock
    log: Log
    heads: Heads  # as they leave the house; its keys are those that are published
    vouch: Callable[[str], bytes]  # a note under which the log stands, never a checkpoint
    sealing: Sealing
    second_head: SecondHead
    public_log: PublicLog
    receipts: Receipts
    public_index: PublicIndex
    trust: Trust  # the issuer's own certificates: what a gate of this instance believes
    session_key: bytes = field(repr=False)
    _person_key: bytes = field(repr=False)
    _audit_key: bytes = field(repr=False)
    watch: Watch = field(default_factory=Watch)
    witness: Witness | None = None  # for other logs; None where it watches none
    cosigning: Cosigning | None = None  # of our own log; None in a specimen
    policy_file: bytes = field(default=b"", repr=False)  # as it was read; b"" in a specimen
    # The editions, added areas and emergency that everybody was decided under last.
    _decided_under: tuple[tuple[PackRef, ...], tuple[str, ...], str] = ((), (), "")
    duties: Rounds = field(init=False)
    _intake: Together[Envelope, Batch] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.duties = Rounds(self)
        self._intake = Together(self._take_in, weigh=lambda one: len(one.body), most=TOGETHER)

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
        """Receive a signed batch in one transaction, with those that wait for it."""
        return self._intake.do(envelope)

    def _take_in(self, envelopes: Sequence[Envelope]) -> Sequence[Batch | Exception]:
        now = self.clock()
        try:
            with self._telling(), self.acting() as unit:
                return receive_evidence(
                    unit, self.context, envelopes, now,
                    identify=self.holder, chance=secrets.token_bytes,
                )  # fmt: skip
        except Unavailable as problem:  # no one envelope's fault: none waits for it once more
            return [problem] * len(envelopes)

    @property
    def desk(self) -> Desk:
        """What stands at the door for officers' acts."""
        return Desk(
            engine=_engine(),
            passkeys=WebAuthnPasskeys(self.settings.rp_id, self.settings.staff_origin),
            audit_key=self._audit_key,
            chance=secrets.token_bytes,
            identify=self.holder,
            trust=self.trust,
            roots=self.log.tree.root,
        )

    def perform(self, signed: SignedAct) -> Done:
        """An officer's signed act, done in one transaction; a refusal is raised once it is kept."""
        desk = self.desk
        replays = rehearse_draft(self.store, self.context, desk, signed, self.clock())
        with self._telling(), self.acting() as unit:
            outcome = perform(
                unit, self.context, replace(desk, replays=replays), signed, self.clock()
            )
        if isinstance(outcome, Denied):
            raise outcome.problem
        if Group.EMERGENCY in groups_of(signed.act):
            self.catch_up()  # what can be issued at all has changed
        return outcome

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Keep an alarm about rows that nobody vouches for as soon as an act met one."""
        try:
            yield
        except NotVouched as problem:
            self.met.add(str(problem.details["kind"]), str(problem.details["id"]))
            raise
        finally:
            keep_met(self.acting, self.met, self.clock())

    def begin_session(self, asked: Beginning) -> Begun:
        """An officer's session, begun; a copied key's is refused once that is kept."""
        with self._telling(), self.acting() as unit:
            outcome = begin(unit, self.desk, asked, self.clock())
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    def turns(self, signed: SignedAct) -> Sequence[tuple[str, Instant]]:
        """The proposals that wait for the checker who signed this."""
        with self.store.read() as unit:
            return waiting_turns(unit, self.context, self.desk, signed, self.clock())

    def appeals_asked(self, signed: SignedAct) -> Sequence[Filed]:
        """The open appeals that ask the organ of the officer who signed this."""
        with self.store.read() as unit:
            return waiting_appeals(unit, self.desk, signed, self.clock())

    def publish_yield(self) -> Sequence[YieldReport]:
        """Put on record what each emergency in force has brought so far; nobody types a figure."""
        now = self.clock()
        with self.acting() as unit:
            running = [one for one in unit.emergencies() if one.starts <= now < one.ends]
            return [publish_yield(unit, one, now) for one in running]

    def hold_ceremony(self, ceremony: Ceremony) -> Sequence[str]:
        """The first grants of this instance, on an empty list of grants only."""
        with self.acting() as unit:
            return perform_ceremony(unit, self.desk, ceremony, self.clock())

    def renew(self, ref: str) -> None:
        """Decide anew for one person on the evidence there is."""
        with self.acting() as unit:
            redecide(unit, self.context, {ref}, self.clock())

    @contextmanager
    def acting(self) -> Iterator[Unit]:
        """A unit of work for an act, whose leaves are sealed with it or very soon after."""
        with self.sealing.acting(self.clock) as unit:
            self.know_rules(unit)
            yield unit

    def seal(self) -> int:
        """Seal what waits: what a crash left, and what was written outside `acting`."""
        return self.sealing.seal(self.clock())

    def start(self) -> None:
        """Seal, publish and tell of new heads from threads of their own, until `close`."""
        self.sealing.start(self.clock)
        self.duties.start()
        if self.cosigning is not None:
            self.cosigning.start()

    def keep_duties(self) -> int:
        """Do all duties (`duties`) now; returns how much was done. Nothing else waits for it."""
        return self.duties.minute() + self.duties.night()

    @property
    def undone(self) -> dict[str, str]:
        """The duties that failed last, and why."""
        return self.duties.undone

    def ask_witnesses(self) -> bool:
        """Have the newest head cosigned; decide anew for whom one came too late. True if it was."""
        return self.cosigning is not None and self.cosigning.ask()

    def show(self, ref: str, lang: str, *, by_delegate: bool = False, paper: bool = False) -> Shown:
        """The person's own code now; its token says where a delegate shows it, or it is printed."""
        with self.store.read() as unit:
            self.know_rules(unit)
            return show_code(
                unit, self.context, ref, self.clock(),
                lang=lang, signer=self.signer, chance=secrets.token_bytes, receipts=self.receipts,
                by_delegate=by_delegate, paper=paper,
            )  # fmt: skip

    def landmarks_file(self) -> bytes:
        """The landmarks of now, as everybody may fetch them."""
        with self.store.read() as unit:
            return bytes(self.receipts.landmarks(unit, self.clock()))

    def publish_landmarks(self) -> int:
        """Keep those in the published folder up to date; 1 if they were not."""
        publish = self.sealing.publish_landmarks
        return keep({"landmarks": lambda: int(publish(self.landmarks_file))}, self.undone)

    def landmarks(self) -> Mapping[int, bytes]:
        """The log's roots by size that a gate of this instance believes."""
        with self.store.read() as unit:
            return self.receipts.roots(unit, self.clock())

    def own_receipt(self, ref: str, number: int) -> Receipt:
        """The receipt of a person's own decision, with what opens it; raises Problem."""
        with self.store.read() as unit:
            return own_receipt(unit, self.receipts, ref, number)

    def own_bundle(self, ref: str) -> bytes:
        """The person's own bundle of decisions and proofs, as a file; raises NoSuchPerson."""
        file = self.settings.policy
        policy = Path(file).read_text("utf-8") if file else specimen_policy(self.heads.keys)
        with self.store.read() as unit:
            return own_bundle(
                unit, self.receipts, ref, self.clock(), policy=policy, vouch=self.vouch
            )

    def reconcile(self) -> list[Found]:
        """Everything in the rows that does not fit the log: the nightly look."""
        with self.store.read() as unit:
            self.know_rules(unit)
            return list(reconcile(unit, self.context, self.clock()))

    def must_fit(self) -> None:
        """Look at the newest leaves and their rows; raises RowsDoNotFit."""
        with self.store.read() as unit:
            must_fit(look_at_the_newest(unit, LOOKED_AT))

    def what_waits_must_fit(self) -> None:
        """Look at leaves that wait, before anything seals them; raises RowsDoNotFit."""
        with self.store.read() as unit:
            must_fit(look_at_what_waits(unit, self.context, self.clock()))

    def catch_up(self) -> int:
        """Decide anew for who lost decisions, and for everybody if packs, area list or emergency
        are not those last used.
        """
        lost = self.renew_lost()
        with self.store.read() as unit:
            self.know_rules(unit)
        return lost + renew_everyone(self.store, self.acting, self.context, self.clock())

    def renew_lost(self) -> int:
        """Decide anew for who lost decisions with an accepted loss; a log that ended takes none."""
        if self.log.goes_on_at is not None:
            return 0
        with self.store.read() as unit:
            self.know_rules(unit)
        return renew_lost(self.store, self.acting, self.context, self.clock())

    def know_rules(self, unit: Unit) -> None:
        """From here on, work with the editions of packs that count at this instant."""
        self.context = in_force(unit, self.context, log_time(unit, self.clock()))

    def keep_rules(self) -> int:
        """Decide anew for everybody once an edition came into force or is over."""
        with self.store.read() as unit:
            self.know_rules(unit)
            emergency = unit.emergency_at(log_time(unit, self.clock()))
        # One that is over needs no decision: codes lapse by themselves. A renewed one does.
        declared = emergency.id if emergency else self._decided_under[2]
        under = (self.context.book.refs, self.context.added_areas, declared)
        if under == self._decided_under:
            return 0
        made = self.catch_up()
        self._decided_under = under
        return made

    def know_areas(self, instant: Instant) -> None:
        """From here on, work with the area list as it was known at an instant."""
        if self.context.areas is not None:
            self.context = replace(self.context, areas=self.context.areas.known_at(instant))

    def close(self) -> None:
        """Let running threads finish, and release the store."""
        self.duties.stop()
        if self.cosigning is not None:
            self.cosigning.stop()
        self.sealing.close()
        if self.cosigning is not None:
            self.cosigning.close()
        self.store.close()


@cache
def _engine() -> CedarEngine:
    """The shipped policies, parsed once a process."""
    return CedarEngine()
