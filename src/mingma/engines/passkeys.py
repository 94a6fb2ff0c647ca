"""Officers' passkeys: a WebAuthn assertion over an act's challenge is verified, or refused.

By py_webauthn, with what we ask beside: the user was verified at the authenticator (PIN or
finger), the site is ours, and the credential is the one on record. A key that can be copied to
another device, or was, is no hardware key, and the policies refuse it (F03-passkey).
Attestation is not asked for: which make of key an officer has is the organ's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from webauthn import verify_authentication_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import CredentialDeviceType

from mingma.records import Passkey, PasskeyRefused, Proved

MAX_TEXT: Final = 16_384  # characters of any part of an assertion


class WebAuthnPasskeys:
    """A `Passkeys` for one site: `rp_id` is its domain, `origin` the address browsers show."""

    def __init__(self, rp_id: str, origin: str) -> None:
        self._rp_id = rp_id
        self._origin = origin

    def verify(self, assertion: Mapping[str, object], passkey: Passkey, challenge: bytes) -> Proved:
        """What the assertion proves; raises PasskeyRefused for anything else."""
        said = _plain(assertion)
        try:
            if base64url_to_bytes(said["rawId"]) != passkey.credential:
                raise PasskeyRefused
            found = verify_authentication_response(
                credential=said,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=passkey.key,
                credential_current_sign_count=0,  # the counter is the door's to compare
                require_user_verification=True,
            )
        except PasskeyRefused:
            raise
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
            raise PasskeyRefused from None
        single = found.credential_device_type is CredentialDeviceType.SINGLE_DEVICE
        return Proved(found.new_sign_count, single and not found.credential_backed_up)


def _plain(assertion: Mapping[str, object]) -> dict[str, Any]:
    """The assertion's own fields, as texts of a bounded length; raises PasskeyRefused."""
    response = assertion.get("response")
    if not isinstance(response, dict):
        raise PasskeyRefused
    names = ("clientDataJSON", "authenticatorData", "signature")
    texts = {name: response.get(name) for name in names}
    named = {name: assertion.get(name) for name in ("id", "rawId", "type")}
    for value in (*texts.values(), *named.values()):
        if not isinstance(value, str) or not value.isascii() or len(value) > MAX_TEXT:
            raise PasskeyRefused
    return {**named, "response": texts}
