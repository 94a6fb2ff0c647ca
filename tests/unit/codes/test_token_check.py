"""What a gate makes of a token: the order of the check, and that nothing is believed too early."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from mingma.codes import base45, chain, trust
from mingma.codes.check import Acceptance, check
from mingma.codes.outcome import Bearer, Checked, Proven, Step, nothing_read
from mingma.codes.receipt_frame import write_frame
from mingma.codes.results import REASONS, WORDS, Result
from mingma.codes.token import (
    PROOF,
    STATIC_LIFETIME,
    Flags,
    Lapsed,
    Status,
    inflate,
    issue,
    lifetime,
)
from mingma.codes.trust import NoCertificate, Trust, certificates_in
from mingma.codes.unreadable import TokenUnreadable
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.tree import leaf_hash
from tests.paths import ROOT
from tests.unit.codes.forge import NOW, claims, message, office, standard, status, text
from tests.unit.codes.proofs import COLOURS, FALL, LOG, NONE, UNKNOWN

GOOD = office()
TRUST = Trust([GOOD.der])
LEAF = bytes(8)
SHOWN = {Result.OK, Result.STALE_LISTS}


def at(token: str, now: int = NOW, **more: Any) -> Checked:
    return check(token, Instant(now), trust=more.pop("trust", TRUST), **more)


def red(**changes: Any) -> str:
    made = status(colour=Colour.RED, leaf=LEAF, **changes)
    return issue(made, GOOD.kid, GOOD.sign)


def test_what_was_issued_is_what_is_checked() -> None:
    made = status(flags=Flags.STATIC | Flags.SPECIMEN | Flags.FAMILY | Flags.PROVISIONAL)
    found = at(issue(made, GOOD.kid, GOOD.sign), specimen=True)
    assert found.result is Result.OK
    assert found.colour is Colour.GREEN
    assert found.bearer == Bearer(
        issuer="CN",
        issued_at=made.issued_at,
        expires_at=made.expires_at,
        jurisdiction=410100,
        edition=7,
        credential=made.credential,
        name="张*",
        last_four="3018",
        flags=made.flags,
    )


def test_a_token_fits_a_small_qr_code() -> None:
    # QR version 10 at level M holds 311 alphanumeric characters.
    assert len(issue(status(), GOOD.kid, GOOD.sign)) <= 311
    assert len(red()) <= 311


def test_a_live_display_holds_for_its_steps_only() -> None:
    drawn, steps = bytes(16), 12 * HOUR // chain.STEP
    values = [drawn]
    for position in range(steps, 0, -1):
        values.append(chain.link(bytes(range(8)), position, values[-1]))
    payload = claims({6: values[steps], 9: 0})
    step = 1 + HOUR // chain.STEP
    shown = text(message(GOOD, payload, unprotected={PROOF: [step, values[steps - step]]}))
    results = {now: at(shown, NOW + now).result for now in range(-90, 120, 10)}
    alive = [now for now, result in results.items() if result is Result.OK]
    assert alive == list(range(-30, 60, 10))
    assert set(results.values()) == {Result.OK, Result.STALE_SCREENSHOT}


def test_the_public_anchor_is_no_proof_and_a_longer_chain_neither() -> None:
    credential, ends = bytes(8), Instant(NOW + 300)
    values = [bytes(16)]
    for position in range(11, 0, -1):  # one link more than 300 s have steps
        values.append(chain.link(credential, position, values[-1]))
    anchor, lifetime = values[-1], (NOW, ends)
    assert chain.holds(credential, anchor, lifetime, NOW, (1, values[-2]))
    assert not chain.holds(credential, anchor, lifetime, NOW, (0, anchor))
    assert chain.holds(credential, anchor, lifetime, ends - 1, (10, values[1]))
    assert not chain.holds(credential, anchor, lifetime, ends - 1, (11, values[0]))


def test_a_chain_is_not_walked_beyond_the_lifetime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "link", lambda *_: pytest.fail("hashed"))
    for step in (0, -1, 1441, 2**31):
        proof = {PROOF: [step, bytes(16)]}
        shown = text(message(GOOD, claims({6: bytes(16), 9: 0}), unprotected=proof))
        assert at(shown).result is Result.STALE_SCREENSHOT


@pytest.mark.parametrize(
    "beside",
    [
        {PROOF: [121, bytes(16)], 3: 0},
        {PROOF: [121, bytes(15)]},
        {PROOF: [121, bytes(16), 0]},
        {PROOF: ["121", bytes(16)]},
        {PROOF: {}},
    ],
)
def test_nothing_but_a_proof_of_its_form_stands_in_the_unsigned_header(beside: Any) -> None:
    shown = text(message(GOOD, claims({6: bytes(16), 9: 0}), unprotected=beside))
    assert at(shown).reasons == ("cose.unprotected",)


@pytest.mark.parametrize(
    ("acceptance", "flags", "result"),
    [
        (Acceptance(), Flags.STATIC, Result.OK),
        (Acceptance(static=False), Flags.STATIC, Result.NOT_ACCEPTED_HERE),
        (Acceptance(static=False), Flags.PAPER, Result.OK),
        (Acceptance(paper=False), Flags.PAPER, Result.NOT_ACCEPTED_HERE),
        (Acceptance(paper=False), Flags.STATIC, Result.OK),
    ],
)
def test_a_gate_accepts_what_its_policy_names(
    acceptance: Acceptance, flags: Flags, result: Result
) -> None:
    shown = issue(status(flags=flags), GOOD.kid, GOOD.sign)
    assert at(shown, acceptance=acceptance).result is result


# -- a colour worse than green, and its receipt


def proven(index: int = 0, colour: Colour = Colour.RED, **more: Any) -> Checked:
    """A gate's answer to a token that names a leaf of the small log, shown with its receipt."""
    made = status(colour=colour, leaf=more.pop("leaf", LOG.names(index)))
    values = {"receipt": LOG.frame(index), "landmarks": LOG.landmarks} | more
    return at(issue(made, GOOD.kid, GOOD.sign), **values)


def test_a_colour_worse_than_green_is_said_with_its_receipt() -> None:
    for index, colour in enumerate(COLOURS[:-1]):
        found = proven(index, colour)
        assert (found.result, found.colour, found.reasons) == (Result.OK, colour, ())
        assert found.leaf == LOG.names(index)
        assert found.proven == Proven(index, 7)
        assert found.record()["receipt"] == {"index": index, "landmark": 7}
    assert proven(FALL, Colour.YELLOW).colour is Colour.YELLOW


def test_a_colour_that_fell_since_is_supported_by_the_decision_that_was_worse() -> None:
    assert proven(0, Colour.YELLOW).colour is Colour.YELLOW


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"receipt": None}, "receipt.missing"),
        ({"receipt": ""}, "receipt.unreadable"),
        ({"receipt": "MCR1:" + "0" * 30}, "receipt.unreadable"),
        ({"receipt": "HC1:ABC"}, "receipt.unreadable"),
        ({"landmarks": None}, "receipt.landmark"),
        ({"landmarks": {}}, "receipt.landmark"),
        ({"landmarks": {11: LOG.landmarks[11]}}, "receipt.landmark"),  # stale or of another hour
        ({"landmarks": {7: LOG.landmarks[11]}}, "receipt.does_not_hold"),
        ({"landmarks": {7: bytes(32)}}, "receipt.does_not_hold"),
        ({"receipt": LOG.frame(10)}, "receipt.other_leaf"),  # another's, or an older decision's
        ({"leaf": bytes(8)}, "receipt.other_leaf"),  # a token over a leaf that does not exist
        ({"index": NONE}, "receipt.other_leaf"),
        ({"index": 1}, "receipt.other_colour"),
        ({"index": UNKNOWN}, "receipt.other_colour"),
    ],
)
def test_what_the_receipt_does_not_prove_is_unproven_and_no_colour(
    changes: dict[str, Any], reason: str
) -> None:
    for specimen in (False, True):
        found = proven(**changes, specimen=specimen)
        assert (found.result, found.reasons) == (Result.UNPROVEN, (reason,))
        assert (found.colour, found.leaf, found.proven) == (None, None, None)
        said = found.record()
        assert said["words"] == {"zh": REASONS[reason].zh, "en": REASONS[reason].en}
        assert "柜台" in str(said["next"])
        assert "never green, never red" in str(said["next"])


def test_a_forged_entry_or_path_in_a_receipt_proves_nothing() -> None:
    short = LOG.short(1)
    forged = LOG.entries[1].replace(b"yellow", b"orange")
    for bent in (
        replace(short, entry=forged),
        replace(short, index=2),
        replace(short, hashes=short.hashes[::-1]),
        replace(short, hashes=short.hashes[:-1]),
    ):
        found = proven(1, leaf=leaf_hash(bent.entry)[:8], receipt=write_frame(bent))
        assert (found.result, found.reasons) == (Result.UNPROVEN, ("receipt.does_not_hold",))


def test_a_red_token_that_names_no_leaf_is_unproven_with_any_receipt() -> None:
    shown = text(message(GOOD, claims({1: 2})))
    found = at(shown, receipt=LOG.frame(0), landmarks=LOG.landmarks)
    assert found.reasons == ("receipt.other_leaf",)


def test_green_needs_no_receipt_and_a_wrong_one_does_no_harm() -> None:
    shown = issue(status(), GOOD.kid, GOOD.sign)
    for receipt in (None, "", LOG.frame(0)):
        found = at(shown, receipt=receipt)
        assert (found.result, found.colour) == (Result.OK, Colour.GREEN)
        assert found.proven is None


def test_a_specimen_needs_no_receipt_and_gets_no_further_with_one() -> None:
    flags = Flags.STATIC | Flags.SPECIMEN
    made = status(colour=Colour.RED, leaf=LOG.names(0), flags=flags)
    shown = issue(made, GOOD.kid, GOOD.sign)
    with_receipt = {"receipt": LOG.frame(0), "landmarks": LOG.landmarks}
    for more in ({}, with_receipt):
        assert at(shown, **more).reasons == ("specimen.not_asked",)
        found = at(shown, specimen=True, **more)
        assert (found.result, found.colour, found.proven) == (Result.OK, Colour.RED, None)


def test_a_token_that_cannot_be_believed_is_not_made_better_by_a_receipt() -> None:
    other = office()
    made = status(colour=Colour.RED, leaf=LOG.names(0))
    shown = issue(made, other.kid, other.sign)
    found = at(shown, receipt=LOG.frame(0), landmarks=LOG.landmarks)
    assert found.result is Result.UNKNOWN_KEY
    assert proven(now=NOW + DAY).result is Result.EXPIRED


@settings(max_examples=200)
@given(st.integers(0, 10), st.sampled_from(COLOURS[:-1]), st.integers(0, 10**6), st.booleans())
def test_no_bit_of_a_receipt_makes_a_colour_that_the_leaf_does_not_give(
    index: int, colour: Colour, bit: int, bend: bool
) -> None:
    data = bytearray(bytes(LOG.short(index)))
    if bend:
        data[bit // 8 % len(data)] ^= 1 << bit % 8
    found = proven(index, colour, receipt="MCR1:" + base45.encode(bytes(data)))
    gives = index == FALL or index < len(COLOURS) or index == 10
    worst = (*COLOURS, None, Colour.YELLOW, None, None, Colour.RED)[index]
    right = gives and worst is not None and SEVERITY[colour] <= SEVERITY[worst] and not bend
    assert (found.result is Result.OK) == right
    assert (found.colour is not None) == right


@pytest.mark.parametrize("colour", [one for one in Colour if one is not Colour.UNKNOWN])
def test_no_colour_worse_than_green_is_said_without_proof(colour: Colour) -> None:
    leaf = None if colour is Colour.GREEN else LEAF
    shown = issue(status(colour=colour, leaf=leaf), GOOD.kid, GOOD.sign)
    for specimen in (False, True):
        found = at(shown, specimen=specimen)
        if colour is Colour.GREEN:
            assert (found.result, found.colour) == (Result.OK, colour)
        else:
            assert (found.result, found.colour, found.leaf) == (Result.UNPROVEN, None, None)


def test_the_record_gives_no_colour_away_that_the_result_does_not_say() -> None:
    shown = red(flags=Flags.STATIC | Flags.SPECIMEN)
    said = at(shown, specimen=True)
    assert (said.colour, said.leaf) == (Colour.RED, LEAF)
    for found in (at(shown), at(shown, NOW + DAY), at(shown, NOW - DAY)):
        assert found.bearer == said.bearer
        assert (found.colour, found.leaf) == (None, None)
        written = json.dumps(found.record()["claims"])
        assert '"red"' not in written
        assert '"leaf"' not in written
    assert '"red"' in json.dumps(said.record()["claims"])


@pytest.mark.parametrize("result", list(Result))
def test_every_result_has_words_and_a_next_step_in_both_languages(result: Result) -> None:
    words = WORDS[result]
    assert all((words.zh, words.en, words.next_zh, words.next_en))


def test_the_record_can_be_written_as_json() -> None:
    for found in (at(red()), at(""), nothing_read("picture.no_code")):
        record = json.loads(json.dumps(found.record()))
        assert set(record) >= {"result", "colour", "reasons", "steps", "claims", "ages"}
        assert list(record["steps"]) == [str(step) for step in Step]


def test_the_signature_is_judged_before_the_dates_and_the_dates_before_the_content() -> None:
    late = NOW + DAY
    bent = text(message(GOOD, signature=lambda _: bytes(64)))
    assert at(bent, late).result is Result.BAD_SIGNATURE
    assert at(text(message(office())), late).result is Result.UNKNOWN_KEY
    assert at(text(message(GOOD, claims({1: 9}))), late).result is Result.EXPIRED
    assert at(text(message(GOOD, claims({1: 9}))), late).steps[Step.SCHEMA] is False
    assert at(red(), late).result is Result.EXPIRED
    elsewhere = office(usages=("1.3.6.1.4.1.1847.2021.1.2",))
    both = Trust([elsewhere.der])
    assert at(text(message(elsewhere)), late, trust=both).reasons == ("certificate.purpose",)
    ended = office(ends=NOW + 12 * HOUR)
    assert at(text(message(ended)), late, trust=Trust([ended.der])).result is Result.EXPIRED


def test_a_key_whose_certificate_has_ended_signs_nothing_that_is_believed() -> None:
    # Ended keys are published, so whoever has read one may sign any dates with it.
    ended = office(ends=NOW - 1)
    found = Trust([ended.der])
    for begins in range(NOW - 12 * HOUR, NOW + HOUR, HOUR // 2):
        forged = text(message(ended, claims(iat=begins, exp=begins + 12 * HOUR)))
        assert at(forged, trust=found).result in (Result.UNKNOWN_KEY, Result.EXPIRED)


def test_every_certificate_with_the_key_id_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "kid_of", lambda _: b"the same")
    offices = [
        office(),
        office(ec.generate_private_key(ec.SECP384R1())),
        office(usages=("1.3.6.1.4.1.0.1847.2021.1.3",)),
        office(),
    ]
    broken = offices[0].der[:-1]
    found = Trust([broken, *(one.der for one in offices)])
    assert len(found.under(b"the same")) == 5
    head = {1: -7, 4: b"the same"}
    for one in (offices[0], offices[3]):
        assert at(text(message(one, header=head)), trust=found).result is Result.OK
    assert at(text(message(offices[2], header=head)), trust=found).result is Result.UNKNOWN_KEY
    assert at(text(message(GOOD, header=head)), trust=found).result is Result.BAD_SIGNATURE


def test_every_single_bit_of_a_message_counts() -> None:
    whole = message(GOOD)
    for spot in range(len(whole) * 8):
        bent = bytearray(whole)
        bent[spot // 8] ^= 1 << spot % 8
        found = at(text(bytes(bent)))
        assert found.result in (Result.UNREADABLE, Result.UNKNOWN_KEY, Result.BAD_SIGNATURE)
        assert (found.colour, found.bearer) == (None, None)


def test_a_token_cut_anywhere_is_unreadable() -> None:
    shown = text(message(GOOD))
    for length in range(len(shown)):
        assert at(shown[:length]).result is Result.UNREADABLE


@given(st.text(max_size=80))
def test_any_text_has_a_named_result(shown: str) -> None:
    assert at(shown).result is Result.UNREADABLE
    assert at("HC1:" + shown).result is Result.UNREADABLE


@given(st.text(base45.ALPHABET, max_size=400))
def test_any_text_of_the_alphabet_has_a_named_result(shown: str) -> None:
    assert at("HC1:" + shown).result is Result.UNREADABLE


@given(st.binary(max_size=300))
def test_any_bytes_inside_have_a_named_result(data: bytes) -> None:
    assert at(text(data)).result is Result.UNREADABLE
    assert at(text(message(GOOD, data))).result is Result.UNREADABLE
    assert at(text(message(GOOD, header=data + b"\xff"))).result is Result.UNREADABLE


cbor_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=6)
    | st.binary(max_size=17)
    | st.builds(cbor2.CBORTag, st.integers(0, 2**64 - 1), st.integers(0, 5)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.integers(-3, 10) | st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=6,
)


@given(st.sampled_from([1, 4, 6, -260, 7, "x"]), cbor_values)
def test_any_signed_claim_has_a_named_result(key: Any, value: Any) -> None:
    assert isinstance(at(text(message(GOOD, claims(more={key: value})))).result, Result)


@settings(max_examples=300)
@given(st.sampled_from([*range(11), -1, "x"]), cbor_values)
def test_any_signed_status_keeps_to_the_layout_or_is_unreadable(key: Any, value: Any) -> None:
    found = at(text(message(GOOD, claims({key: value}))))
    assert found.result in {Result.OK, Result.UNPROVEN, Result.UNREADABLE}
    if found.result is Result.OK:
        assert found.colour is Colour.GREEN


@given(
    st.dictionaries(st.integers(0, 9), cbor_values, max_size=3),
    st.integers(-2 * DAY, 2 * DAY),
    st.booleans(),
    st.booleans(),
)
def test_a_colour_is_said_only_by_two_results(
    inner: dict[int, Any], later: int, specimen: bool, static: bool
) -> None:
    found = at(
        text(message(GOOD, claims(inner))),
        NOW + later,
        specimen=specimen,
        acceptance=Acceptance(static=static),
    )
    assert (found.colour is not None) == (found.result in SHOWN)


def test_a_token_lasts_twelve_hours_or_as_long_as_its_decision() -> None:
    assert lifetime(NOW, None) == NOW + STATIC_LIFETIME
    assert lifetime(NOW, Instant(NOW + DAY)) == NOW + STATIC_LIFETIME
    assert lifetime(NOW, Instant(NOW + 5)) == NOW + 5
    for ended in (NOW, Instant(NOW - 1)):
        with pytest.raises(Lapsed):
            lifetime(NOW, ended)


def test_no_token_is_issued_for_a_worse_colour_without_its_leaf() -> None:
    with pytest.raises(TokenUnreadable, match=r"status\.leaf"):
        issue(status(colour=Colour.YELLOW), GOOD.kid, GOOD.sign)


def test_unknown_is_no_colour_a_token_can_have() -> None:
    with pytest.raises(TokenUnreadable, match=r"status\.colour"):
        status(colour=Colour.UNKNOWN, leaf=LEAF)


def test_a_signature_of_another_size_is_never_issued() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        issue(status(), GOOD.kid, lambda _: bytes(70))


def test_the_inflated_token_is_bounded() -> None:
    assert inflate(zlib.compress(bytes(4096))) == bytes(4096)
    with pytest.raises(TokenUnreadable, match=r"zlib\.too_long"):
        inflate(zlib.compress(bytes(50_000_000)))


def test_trust_reads_pem_der_and_base64_text() -> None:
    folder = ROOT / "tests" / "vectors" / "token" / "trust"
    endings = {path.suffix for path in folder.iterdir()}
    assert endings == {".pem", ".der", ".txt"}
    pem = min(folder.glob("*.pem")).read_bytes()
    (der,) = certificates_in(pem)
    assert certificates_in(pem + b"\n" + pem) == (der, der)
    assert certificates_in(b"\xef\xbb\xbf" + trusted_base64(pem)) == (der,)
    assert certificates_in(der) == (der,)
    for other in (b"", b"{}", b"MIIB!", b"AAAA", pem.replace(b"BEGIN CERT", b"BEGIN SERT")):
        with pytest.raises(NoCertificate):
            certificates_in(other)


def trusted_base64(pem: bytes) -> bytes:
    return b"\r\n".join(pem.splitlines()[1:-1])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_not(data: bytes) -> None:
    found = trust.read(data)
    assert not found.readable
    assert not found.verifies(bytes(64), b"")
    try:
        certificates_in(data)
    except NoCertificate:
        return


def test_a_key_is_a_status_key_however_its_holder_bends_the_header() -> None:
    # The key id alone decides which key is asked; a header cannot bring its own.
    other = office()
    assert at(text(message(other, header=standard(GOOD)))).result is Result.BAD_SIGNATURE


def test_a_status_is_built_only_within_the_layout() -> None:
    assert isinstance(status(), Status)
    for wrong in (
        {"jurisdiction": 1},
        {"edition": 0},
        {"credential": b""},
        {"name": "a\nb"},
        {"last_four": "30l8"},
        {"issuer": "cn"},
        {"flags": Flags.NONE},
        {"flags": Flags.STATIC | Flags(64)},
        {"expires_at": Instant(NOW - HOUR)},
        {"issued_at": Instant(2**40), "expires_at": Instant(2**40 + 1)},
    ):
        with pytest.raises(TokenUnreadable):
            status(**wrong)
