"""A passkey's assertion is good for this key, this challenge and this site only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mingma.engines.passkeys import MAX_TEXT, WebAuthnPasskeys
from mingma.records import Passkey, PasskeyRefused, Proved
from tests.authenticators import (
    BACKED_UP,
    ELIGIBLE,
    ORIGIN,
    PRESENT,
    RP_ID,
    VERIFIED,
    Authenticator,
)

CHALLENGE = b"c" * 32
PASSKEYS = WebAuthnPasskeys(RP_ID, ORIGIN)


def proved(key: Authenticator, *, challenge: bytes = CHALLENGE, of: str = "ann") -> Proved:
    registered = Authenticator(of)
    passkey = Passkey(registered.credential, registered.key)
    return PASSKEYS.verify(key.sign(challenge), passkey, CHALLENGE)


def test_a_hardware_key_s_signature_over_the_challenge_is_good() -> None:
    key = Authenticator("ann")
    assert proved(key) == Proved(1, hardware=True)
    assert proved(key) == Proved(2, hardware=True)


def test_a_key_that_can_be_copied_is_no_hardware_key() -> None:
    for flags in (ELIGIBLE, ELIGIBLE | BACKED_UP):
        assert not proved(Authenticator("ann", PRESENT | VERIFIED | flags)).hardware


@pytest.mark.parametrize(
    "key",
    [
        Authenticator("ann", PRESENT),
        Authenticator("ann", VERIFIED),
        Authenticator("ann", rp_id="evil.example"),
        Authenticator("ann", origin="https://evil.example"),
        Authenticator("bob"),
    ],
    ids=["not verified", "not present", "another site", "another address", "another key"],
)
def test_a_signature_of_another_kind_place_or_key_is_refused(key: Authenticator) -> None:
    with pytest.raises(PasskeyRefused):
        proved(key)


def test_a_signature_over_another_challenge_is_refused() -> None:
    with pytest.raises(PasskeyRefused):
        proved(Authenticator("ann"), challenge=b"d" * 32)


def broken(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(said: dict[str, Any]) -> None:
        (said if key in said else said["response"])[key] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        *(broken(key, None) for key in ("id", "rawId", "type", "response", "signature")),
        broken("signature", "AAAA"),
        broken("authenticatorData", "AAAA"),
        broken("clientDataJSON", "e30"),
        broken("clientDataJSON", "é"),
        broken("id", "x" * (MAX_TEXT + 1)),
        broken("type", "password"),
        broken("response", {}),
    ],
)
def test_an_assertion_with_a_part_missing_or_broken_is_refused(
    change: Callable[[dict[str, Any]], None],
) -> None:
    key = Authenticator("ann")
    said = key.sign(CHALLENGE)
    change(said)
    with pytest.raises(PasskeyRefused):
        PASSKEYS.verify(said, Passkey(key.credential, key.key), CHALLENGE)


def test_a_public_key_that_is_none_is_refused() -> None:
    key = Authenticator("ann")
    with pytest.raises(PasskeyRefused):
        PASSKEYS.verify(key.sign(CHALLENGE), Passkey(key.credential, b"no key at all"), CHALLENGE)
