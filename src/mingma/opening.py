"""Open an instance: settings read once, adapters chosen, refused where anything does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from mingma.app import Instance
from mingma.authority.places import read_policy
from mingma.build import must_be_as_installed
from mingma.clock import clock_of
from mingma.cosigning import Cosigning
from mingma.evidence.areas.listings import Listing
from mingma.evidence.areas.matching import AreaHistory
from mingma.flows.area_list import (
    AreasNeverPublished,
    bring_list,
    list_must_be_published,
    read_signature,
)
from mingma.flows.ask_witnesses import Witnesses
from mingma.flows.context import Context
from mingma.flows.founding_rules import must_be_published
from mingma.flows.full_head import FullHeads, Heads
from mingma.flows.held_heads import HeldHeads, take_seal
from mingma.flows.index_hour import PublicIndex
from mingma.flows.publish_files import Publisher
from mingma.flows.publish_log import PublicLog
from mingma.flows.receipts import Receipts
from mingma.flows.reconcile import look_at_the_newest, must_fit
from mingma.flows.seal import Log
from mingma.flows.sealing import Sealing
from mingma.flows.second_head import FILE, SecondHead
from mingma.flows.signed_tree import LogSigner
from mingma.flows.stored_head import HeadBroken, earlier_logs
from mingma.flows.vouched_rows import VouchedStore
from mingma.issuer import load_trust, organ_issuer, specimen_issuer
from mingma.kernel.errors import Place
from mingma.kernel.times import Instant
from mingma.keys import (
    EVIDENCE_KEY,
    SEAL_KEY,
    KeyInTheWrongPlace,
    audit_key,
    evidence_key,
    log_keys,
    person_key,
    published_keys,
    seal_key,
    session_key,
)
from mingma.ledger.note import VerifierKey
from mingma.ledger.policy import Policy
from mingma.ports import Store, WitnessClient
from mingma.settings import Settings
from mingma.shelf import load_pack
from mingma.shipped import divisions, place_policy, read_area_list
from mingma.signer_client import SocketSigner
from mingma.storage import MEMORY, encrypt_clear_keys, open_store
from mingma.town import shipped_town
from mingma.trust_policy import load_policy, must_never_have_had_one
from mingma.witness_client import HttpWitnesses
from mingma.witness_keys import load_witness


def open_instance(
    settings: Settings,
    *,
    listings: Sequence[Listing] | None = None,
    witness_client: WitnessClient | None = None,
) -> Instance:
    """The instance the settings describe; raises Problem when something is missing.

    `listings` stand in for the settings' area list, `witness_client` for the network.
    """
    must_be_as_installed()
    clock = clock_of(settings.clock)
    keys = Path(settings.keys)
    second_head = SecondHead(keys / FILE)
    policy = load_policy(
        settings.policy, log_s_own(settings)[0], second_head,
        independent=settings.hierarchies == "independent",
    )  # fmt: skip
    context = context_of(settings, policy, evidence_key(keys / EVIDENCE_KEY), listings)
    signer = (
        specimen_issuer(keys, clock())
        if policy is None
        else organ_issuer(keys, clock(), settings.organ)
    )
    store = VouchedStore(open_store(settings.database), context.evidence_key)
    try:
        if policy is None:
            with store.read() as unit:
                must_never_have_had_one(unit)
        signers, heads = _hands(settings, store, clock)
        log = _log(store, signers)
        public_log = PublicLog(store, heads)
        sealing = _sealing(settings, log, public_log, store, second_head, heads)
        store.must_be_opened_by_its_key()
        encrypt_clear_keys(settings.database, store.encrypted)
    except BaseException:
        store.close()
        raise
    instance = Instance(
        settings=settings,
        store=store,
        met=store.met,
        context=context,
        signer=signer,
        clock=clock,
        log=sealing.log,
        heads=heads,
        vouch=heads.vouch if isinstance(heads, HeldHeads) else log.vouch,
        sealing=sealing,
        second_head=second_head,
        public_log=public_log,
        receipts=Receipts(public_log, context.policy),
        public_index=PublicIndex(store),
        trust=load_trust(keys / "trust")[0],
        session_key=session_key(keys / "session.key"),
        _person_key=person_key(keys / "person.key"),
        _audit_key=audit_key(keys / "audit.key"),
        policy_file=Path(settings.policy).read_bytes() if policy is not None else b"",
        witness=load_witness(keys, settings.organ),
        _decided_under=(context.book.refs, context.added_areas, ""),
    )
    try:
        instance.what_waits_must_fit()
    except BaseException:
        instance.close()
        raise
    if policy is not None:
        _stand_under(instance, policy, witness_client or HttpWitnesses(), heads)
    return instance


def log_s_own(settings: Settings) -> tuple[VerifierKey, VerifierKey]:
    """The log's keys as they are published, wherever they are held; made where they are held here.

    Raises KeyUnreadable or KeyInTheWrongPlace.
    """
    keys = Path(settings.keys)
    if settings.signer:
        return published_keys(keys, settings.origin)
    if (keys / SEAL_KEY).exists():
        raise KeyInTheWrongPlace(Place(str(keys / SEAL_KEY)))
    plain, quantum = log_keys(keys, settings.origin)
    return plain.key, quantum.key


def held_heads(settings: Settings, store: Store) -> HeldHeads:
    """The heads as another process signs them."""
    seal = seal_key(Path(settings.keys), settings.origin)
    ask = SocketSigner(Path(settings.signer)).ask
    return HeldHeads(store, log_s_own(settings), seal.key, ask)


def _hands(
    settings: Settings, store: Store, clock: Callable[[], Instant]
) -> tuple[Sequence[LogSigner], Heads]:
    """What signs the stored head, and who signs it for others."""
    keys = Path(settings.keys)
    if not settings.signer:
        signers = log_keys(keys, settings.origin)
        return signers, FullHeads(signers, clock)
    seal, heads = seal_key(keys, settings.origin), held_heads(settings, store)
    take_seal(store, heads.keys, seal)
    return [seal], heads


def _log(store: Store, signers: Sequence[LogSigner]) -> Log:
    """The store's log. A root says no leaf: where it is wrong, the rows name what was changed."""
    try:
        return Log(store, *signers)
    except HeadBroken as broken:
        if broken.details["why"] == "root":
            with store.read() as unit:
                must_fit(look_at_the_newest(unit, unit.head()[0]))
        raise


def context_of(
    settings: Settings,
    policy: Policy | None,
    evidence_key: bytes,
    listings: Sequence[Listing] | None = None,
) -> Context:
    """What an instance with these settings decides on; `listings` as in `open_instance`."""
    if listings is None and settings.areas:
        listings = read_area_list(Path(settings.areas))
    return Context(
        organ=settings.organ,
        region=settings.region,
        packs=tuple(load_pack(id.strip()) for id in settings.packs.split(",")),
        divisions=divisions(),
        areas=AreaHistory.of(listings, divisions()) if listings is not None else None,
        specimen=policy is None,
        places=read_policy(json.loads(place_policy())),
        policy=policy,
        evidence_key=evidence_key,
        town=shipped_town,
    )


def _stand_under(instance: Instance, policy: Policy, client: WitnessClient, heads: Heads) -> None:
    """Ask the policy's witnesses from now on; refused where they know more of our log than we."""
    log = instance.log
    witnesses = Witnesses(instance.store, policy, client, lambda: log.tree, log.stop, heads)
    instance.cosigning = Cosigning(instance, witnesses)
    try:
        with instance.store.read() as unit:
            must_be_published(unit, instance.context.base)
        _hold_area_list(instance)
        instance.ask_witnesses()
        witnesses.must_not_be_older()
    except BaseException:
        instance.close()
        raise
    instance.sealing.after_seal = instance.ask_witnesses


def _hold_area_list(instance: Instance) -> None:
    """Refuse an area list that was never published, unless its owner signed it as a newer one."""
    areas, file = instance.context.base_areas, f"{instance.settings.areas}.sig"
    try:
        with instance.store.read() as unit:
            place = Place(instance.settings.areas or None, field="areas")
            list_must_be_published(unit, areas, place)
    except AreasNeverPublished:
        if not Path(file).is_file():
            raise
        signed = read_signature(Path(file).read_bytes(), file)
        with instance.acting() as unit:
            bring_list(unit, instance.context, signed, instance.clock(), file)


def _sealing(
    settings: Settings,
    log: Log,
    public_log: PublicLog,
    store: Store,
    second_head: SecondHead,
    heads: Heads,
) -> Sealing:
    """The log of the settings, refused where it is behind what was signed before."""
    publisher = Publisher(public_log, Path(settings.publish)) if settings.publish else None
    with store.read() as unit:
        second_head.must_be_behind(log, earlier_logs(unit), heads.keys)
    # A store that forgets everything would not start again beside a head of its own.
    kept = second_head if settings.database != MEMORY else None
    sealing = Sealing(store, log, kept, publisher, heads.of if settings.signer else None)
    sealing.open()
    return sealing
