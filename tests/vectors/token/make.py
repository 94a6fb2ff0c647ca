"""Makes the vectors of this folder anew, under fresh keys that are thrown away.

    .venv/bin/python -m tests.vectors.token.make

Each case says what was bent and what a check must answer. Signatures are random, so every run
rewrites all files; run it only to add a case.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from mingma.codes import base45, chain
from mingma.codes.token import PROOF, Flags, issue
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.kernel.words import Colour
from tests.paths import ROOT
from tests.unit.codes.forge import (
    EU_TEST,
    NOW,
    Office,
    claims,
    message,
    office,
    standard,
    status,
    text,
)

HERE = ROOT / "tests" / "vectors" / "token"
LEAF = bytes(range(8, 16))
Case = dict[str, Any]

GOOD = office()
OFFICES: dict[str, Office] = {
    "office": GOOD,
    "for-eu-tests-only": office(usages=(EU_TEST,)),
    "for-something-unknown": office(usages=("1.2.3.4.5",)),
    "signs-no-documents": office(digital_signature=False),
    "signs-documents": office(digital_signature=True),
    "ended": office(begins=NOW - 30 * DAY, ends=NOW - 1),
    "ended-before-the-token": office(begins=NOW - 30 * DAY, ends=NOW - HOUR - 1),
    "begins-after-the-token": office(begins=NOW - HOUR + 1),
    "ends-before-the-token": office(ends=NOW + 11 * HOUR - 1),
    "ends-with-the-token": office(ends=NOW + 11 * HOUR),
    "p384": office(ec.generate_private_key(ec.SECP384R1())),
    "rsa": office(rsa.generate_private_key(65537, 2048)),
}
BROKEN = Office(GOOD.key, GOOD.der[:-1])  # DER that ends a byte early


def case(name: str, token: str, result: str, reason: str | None = None, **more: Any) -> Case:
    """One vector: `at` is NOW unless given, the trust list holds every certificate here."""
    made = {"name": name, "at": print_instant(more.pop("at", NOW)), "result": result}
    return made | {"reasons": [reason] if reason else []} | more | {"token": token}


def good() -> Iterator[Case]:
    """Tokens that are what they say."""
    plain = issue(status(), GOOD.kid, GOOD.sign)
    yield case("green and static", plain, "OK", colour="green")
    yield case("under tag 61(18)", text(message(GOOD, tags=(61, 18))), "OK", colour="green")
    yield case("in its last second", plain, "OK", colour="green", at=NOW + 11 * HOUR - 1)
    yield case(
        "an issuer's clock a minute ahead",
        issue(status(issued_at=Instant(NOW + 60)), GOOD.kid, GOOD.sign),
        "OK",
        colour="green",
    )
    for by in ("for-something-unknown", "signs-documents", "ends-with-the-token"):
        signed = issue(status(), OFFICES[by].kid, OFFICES[by].sign)
        yield case(f"under the certificate {by}", signed, "OK", colour="green")
    for colour in Colour:
        if colour is Colour.UNKNOWN:
            continue
        leaf = None if colour is Colour.GREEN else LEAF
        flags = Flags.STATIC | Flags.SPECIMEN
        shown = issue(status(colour=colour, leaf=leaf, flags=flags), GOOD.kid, GOOD.sign)
        yield case(f"a {colour} specimen, asked for", shown, "OK", colour=colour, specimen=True)
        yield case(f"a {colour} specimen, not asked for", shown, "UNPROVEN", "specimen.not_asked")
        if leaf:
            real = issue(status(colour=colour, leaf=leaf), GOOD.kid, GOOD.sign)
            yield case(f"{colour} without its receipt", real, "UNPROVEN", "receipt.missing")
            yield case(
                f"{colour} without its receipt, specimens asked for",
                real,
                "UNPROVEN",
                "receipt.missing",
                specimen=True,
            )
    paper = status(flags=Flags.PAPER, expires_at=Instant(NOW - HOUR + 7 * DAY))
    yield case("on paper, seven days", issue(paper, GOOD.kid, GOOD.sign), "OK", colour="green")
    listed = issue(status(flags=Flags.PAPER, index=0), GOOD.kid, GOOD.sign)
    yield case(
        "on paper, with a list nobody has",
        listed,
        "STALE_LISTS",
        "list.none_at_hand",
        colour="green",
    )
    yield from displayed()
    yield case("not begun", plain, "NOT_YET", "token.issued_later", at=NOW - HOUR - 61)
    ended = OFFICES["ended"]
    within = status(issued_at=Instant(NOW - 2 * HOUR), expires_at=Instant(NOW - 1))
    lapsed = issue(within, ended.kid, ended.sign)
    yield case("lapsed with its certificate", lapsed, "EXPIRED", "token.lapsed")
    yield case("lapsed this second", plain, "EXPIRED", "token.lapsed", at=NOW + 11 * HOUR)


def displayed() -> Iterator[Case]:
    """Tokens with a rotating proof."""
    drawn, steps = b"\x05" * 16, 12 * HOUR // chain.STEP
    values = [drawn]
    for position in range(steps, 0, -1):
        values.append(chain.link(bytes(range(8)), position, values[-1]))
    anchored = claims({6: values[steps], 9: 0})
    current = 1 + HOUR // chain.STEP

    def shown(step: int, value: bytes | None = None, inner: Any = None) -> str:
        proof = {PROOF: [step, value or values[max(0, steps - step)]]}
        return text(message(GOOD, inner or anchored, unprotected=proof))

    for name, step in (("this step", 0), ("one step ago", -1), ("one step ahead", 1)):
        yield case(f"a live display, {name}", shown(current + step), "OK", colour="green")
    index = claims({5: 123456, 6: values[steps], 9: 0})
    yield case(
        "a live display, with a list nobody has",
        shown(current, inner=index),
        "STALE_LISTS",
        "list.none_at_hand",
        colour="green",
    )
    stale = "STALE_SCREENSHOT"
    yield case("a display without its proof", text(message(GOOD, anchored)), stale, "proof.missing")
    for name, step in (
        ("two steps ago", current - 2),
        ("two steps ahead", current + 2),
        ("step 0, the anchor itself", 0),
        ("a step beyond the chain", steps + 1),
    ):
        yield case(f"a display of {name}", shown(step), stale, "proof.not_current")
    yield case("another value", shown(current, b"\x06" * 16), stale, "proof.not_current")


def bad() -> Iterator[Case]:
    """Texts that are no token, from the outside in."""
    plain = text(message(GOOD))
    for name, token in (
        ("nothing", ""),
        ("no prefix", plain[4:]),
        ("a small prefix", "hc1:" + plain[4:]),
        ("another version", "HC2:" + plain[4:]),
        ("a blank before", " " + plain),
    ):
        yield case(name, token, "UNREADABLE", "prefix.missing", steps={"prefix": False})
    for name, token, why in (
        ("nothing after the prefix", "HC1:", "zlib.stream"),
        ("a small letter", plain[:-1] + "a", "base45.character"),
        ("a line end", plain + "\n", "base45.character"),
        ("one character too many", plain[: 4 + (len(plain) - 4) // 3 * 3] + "0", "base45.length"),
        ("a group that overflows", "HC1:GGW" + plain[7:], "base45.overflow"),
        ("another that overflows", "HC1::::" + plain[7:], "base45.overflow"),
        ("longer than any QR code", "HC1:" + "0" * 4293, "base45.too_long"),
        ("as long as a QR code can be", "HC1:" + "0" * 4292, "zlib.stream"),
        ("cut in half", plain[: 4 + len(plain) // 6 * 3], "zlib.stream"),
    ):
        yield case(name, token, "UNREADABLE", why)
    yield from bad_zlib()
    yield from bad_cose()
    yield from bad_signature()
    yield from bad_key()
    yield from bad_claims()


def bad_zlib() -> Iterator[Case]:
    """What is inside the base45."""
    whole = message(GOOD)
    for name, packed, why in (
        ("not compressed", whole, "zlib.stream"),
        ("deflate without its header", zlib.compress(whole)[2:-4], "zlib.stream"),
        ("checksum wrong", zlib.compress(whole)[:-1] + b"\x00", "zlib.stream"),
        ("bytes after the stream", zlib.compress(whole) + b"\x00", "zlib.trailing"),
        ("a bomb of 4,097 bytes", zlib.compress(bytes(4097)), "zlib.too_long"),
        ("a bomb of 2 MB", zlib.compress(bytes(2_000_000), 9), "zlib.too_long"),
    ):
        yield case(name, "HC1:" + base45.encode(packed), "UNREADABLE", why)


def bad_cose() -> Iterator[Case]:
    """Messages that are no COSE_Sign1 as a token has it, all signed well."""
    head = standard(GOOD)
    proof = {PROOF: [1, bytes(16)]}

    def der(raw: bytes) -> bytes:
        r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
        return encode_dss_signature(r, s)

    doubled = b"\xa3\x01\x26\x01\x26\x04\x48" + GOOD.kid
    for name, data, why in (
        ("no tag", message(GOOD, tags=()), "cose.tag"),
        ("another tag", message(GOOD, tags=(98,)), "cose.tag"),
        ("tags the wrong way round", message(GOOD, tags=(18, 61)), "cose.form"),
        ("a tag three times", message(GOOD, tags=(61, 61, 18)), "cose.tag"),
        ("a byte after the message", message(GOOD) + b"\x00", "cose.cbor_trailing"),
        ("a key twice in the header", message(GOOD, header=doubled), "cose.header"),
        ("algorithm true", message(GOOD, header={1: True, 4: GOOD.kid}), "cose.header"),
        ("algorithm as text", message(GOOD, header={1: "ES256", 4: GOOD.kid}), "cose.header"),
        (
            "algorithm outside the signed header",
            message(GOOD, header={4: GOOD.kid}, unprotected={1: -7}),
            "cose.header",
        ),
        (
            "key id outside the signed header",
            message(GOOD, header={1: -7}, unprotected={4: GOOD.kid}),
            "cose.header",
        ),
        ("key id in both headers", message(GOOD, unprotected={4: GOOD.kid}), "cose.header"),
        ("a header too many", message(GOOD, header=head | {3: 0}), "cose.header"),
        ("an unsigned header too many", message(GOOD, unprotected={3: 0}), "cose.unprotected"),
        ("a proof without an anchor", message(GOOD, unprotected=proof), "cose.unprotected"),
        (
            "a proof of another form",
            message(GOOD, unprotected={PROOF: [1]}),
            "cose.unprotected",
        ),
        ("a DER signature", message(GOOD, signature=der), "cose.signature_size"),
        ("63 bytes of signature", message(GOOD, signature=lambda s: s[:-1]), "cose.signature_size"),
        (
            "96 bytes of signature",
            message(GOOD, signature=lambda s: s + s[:32]),
            "cose.signature_size",
        ),
    ):
        yield case(name, text(data), "UNREADABLE", why)


def bad_signature() -> Iterator[Case]:
    """Messages that were changed after they were signed, or signed by another."""
    whole = message(GOOD)
    payload = cbor2.loads(whole).value[2]
    kid, no_match = whole.index(GOOD.kid), "signature.does_not_match"
    for part, spot, result, reason in (
        ("algorithm", kid - 3, "BAD_SIGNATURE", "key.algorithm"),
        ("key id", kid, "UNKNOWN_KEY", "key.not_trusted"),
        ("payload", whole.index(payload) + len(payload) - 3, "BAD_SIGNATURE", no_match),
        ("signature", len(whole) - 20, "BAD_SIGNATURE", no_match),
    ):
        bent = bytearray(whole)
        bent[spot] ^= 1
        yield case(f"a bit of the {part} flipped", text(bytes(bent)), result, reason)
    other = message(GOOD, header=standard(OFFICES["signs-documents"]))
    yield case("signed by another key", text(other), "BAD_SIGNATURE", "signature.does_not_match")
    nothing = message(GOOD, signature=lambda _: bytes(64))
    yield case("a signature of zeros", text(nothing), "BAD_SIGNATURE", "signature.does_not_match")
    for name, header in (
        ("algorithm -37 under a P-256 key", {1: -37, 4: GOOD.kid}),
        ("algorithm -35 under a P-256 key", {1: -35, 4: GOOD.kid}),
        ("ES256 under a P-384 key", standard(OFFICES["p384"])),
        ("ES256 under an RSA key", standard(OFFICES["rsa"])),
    ):
        yield case(name, text(message(GOOD, header=header)), "BAD_SIGNATURE", "key.algorithm")


def bad_key() -> Iterator[Case]:
    """Tokens well signed by somebody who may not."""
    unknown = office()
    made = issue(status(), unknown.kid, unknown.sign)
    yield case("an issuer nobody knows", made, "UNKNOWN_KEY", "key.not_trusted")
    empty = message(GOOD, header={1: -7, 4: b""})
    yield case("no key id at all", text(empty), "UNKNOWN_KEY", "key.not_trusted")
    made = issue(status(), BROKEN.kid, BROKEN.sign)
    yield case("a certificate that is broken", made, "UNKNOWN_KEY", "certificate.unreadable")
    for name, why in (
        ("for-eu-tests-only", "certificate.purpose"),
        ("signs-no-documents", "certificate.purpose"),
        ("ended", "certificate.ends_first"),
        ("ended-before-the-token", "certificate.dates"),
        ("begins-after-the-token", "certificate.dates"),
        ("ends-before-the-token", "certificate.ends_first"),
    ):
        made = issue(status(), OFFICES[name].kid, OFFICES[name].sign)
        yield case(f"under the certificate {name}", made, "UNKNOWN_KEY", why)


def bad_claims() -> Iterator[Case]:
    """Messages well signed, whose claims are not those of the layout."""
    twice = cbor2.dumps(claims())
    for name, payload, why in (
        ("claims that are a list", [1, 2], "cbor.claims"),
        ("a byte after the claims", twice + b"\x00", "cbor.claims_trailing"),
        ("a claim twice", b"\xa5" + twice[1:] + b"\x01\x62CN", "cbor.claims"),
        ("a claim under true", twice[:1] + b"\xf5" + twice[2:], "cbor.claims"),
        ("a claim of no fixed length", b"\xbf" + twice[1:] + b"\xff", "cbor.claims"),
        ("a date as a tag", claims(exp=cbor2.CBORTag(1, NOW)), "cbor.claims"),
        ("no end", claims(exp=...), "cbor.times"),
        ("an end as a fraction", claims(exp=NOW + 3600.5), "cbor.times"),
        ("no begin", claims(iat=...), "cbor.times"),
        ("no status", claims(hcert=...), "status.claims"),
        ("an EU certificate", claims(hcert={1: {"ver": "1.3.0"}}), "status.claims"),
        ("a status and an EU certificate", claims(hcert={-1: {}, 1: {}}), "status.claims"),
        ("an outer claim too many", claims(more={7: b"id"}), "status.claims"),
        ("no issuer", claims(iss=...), "status.claims"),
        ("an issuer of another form", claims(iss="cn"), "status.issuer"),
        ("no layout", claims({0: ...}), "status.layout"),
        ("another layout", claims({0: 2}), "status.layout"),
        ("layout true", claims({0: True}), "status.layout"),
        ("colour 6", claims({1: 6}), "status.colour"),
        ("colour -1", claims({1: -1}), "status.colour"),
        ("colour as text", claims({1: "green"}), "status.fields"),
        ("colour false", claims({1: False}), "status.fields"),
        ("no colour", claims({1: ...}), "status.fields"),
        ("a field too many", claims({10: 1}), "status.fields"),
        ("a region of five digits", claims({2: 41010}), "status.jurisdiction"),
        ("edition 0", claims({3: 0}), "status.edition"),
        ("a credential of seven bytes", claims({4: bytes(7)}), "status.credential"),
        ("an index below zero", claims({5: -1, 9: 1}), "status.index"),
        ("an index of ten millions", claims({5: 10_000_000, 9: 1}), "status.index"),
        ("an anchor of 15 bytes", claims({6: bytes(15), 9: 0}), "status.anchor"),
        ("no name", claims({7: ["", "3018"]}), "status.name"),
        ("a name that moves the cursor", claims({7: ["\x1b[2J", "3018"]}), "status.name"),
        ("a name of 65 characters", claims({7: ["张" * 65, "3018"]}), "status.name"),
        ("last four that are three", claims({7: ["张*", "018"]}), "status.name"),
        ("a whole number on the card", claims({7: ["张*", "410105199003073018"]}), "status.name"),
        ("a name alone", claims({7: ["张*"]}), "status.fields"),
        ("nobody", claims({7: ...}), "status.fields"),
        ("a leaf hash under green", claims({8: LEAF}), "status.leaf"),
        ("a leaf hash of 32 bytes", claims({1: 2, 8: bytes(32)}), "status.leaf"),
        ("a flag nobody knows", claims({9: 16 | 32}), "status.flags"),
        ("flags below zero", claims({9: -1}), "status.flags"),
        ("neither anchor nor paper nor static", claims({9: 0}), "status.flags"),
        ("static with an anchor", claims({6: bytes(16)}), "status.flags"),
        ("static with a list", claims({5: 1}), "status.flags"),
        ("paper with an anchor", claims({6: bytes(16), 9: 1}), "status.flags"),
        ("static for 12 hours and a second", claims(exp=NOW + 11 * HOUR + 1), "status.lifetime"),
        (
            "shown for 24 hours and a second",
            claims({6: bytes(16), 9: 0}, exp=NOW + 23 * HOUR + 1),
            "status.lifetime",
        ),
        (
            "on paper for seven days and a second",
            claims({9: 1}, exp=NOW - HOUR + 7 * DAY + 1),
            "status.lifetime",
        ),
    ):
        yield case(name, text(message(GOOD, payload)), "UNREADABLE", why)


def _lines(data: bytes) -> bytes:
    return base64.encodebytes(data)


def main() -> None:
    """Write the files."""
    (HERE / "trust").mkdir(exist_ok=True)
    for old in (HERE / "trust").iterdir():
        old.unlink()
    for number, (name, one) in enumerate(sorted(OFFICES.items())):
        pem = b"-----BEGIN CERTIFICATE-----\n" + _lines(one.der)
        pem += b"-----END CERTIFICATE-----\n"
        data, ending = ((pem, "pem"), (one.der, "der"), (_lines(one.der), "txt"))[number % 3]
        (HERE / "trust" / f"{name}.{ending}").write_bytes(data)
    (HERE / "trust" / "broken.der").write_bytes(BROKEN.der)
    for file, cases in (("good.json", good()), ("bad.json", bad())):
        lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in cases)
        (HERE / file).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
