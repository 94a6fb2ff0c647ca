"""An officer's act signed by a browser: Chromium's own WebAuthn, with a key in a virtual token.

What the software authenticator of the other tests imitates is here the real thing, from
registration to `POST /v1/acts`; only the token itself is Chromium's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import CDPSession, Page
from webauthn.helpers import base64url_to_bytes, parse_attestation_object

from mingma.authority.acts import Act
from mingma.authority.posts import Post
from mingma.authority.proposal import challenge
from mingma.flows.officer_session import Beginning, beginning_digest
from mingma.flows.signed_act import act_digest
from mingma.kernel.times import HOUR, Instant, print_instant
from tests.authenticators import b64
from tests.browser.serving import served
from tests.instances import Stage
from tests.posts import Posts, hold

pytestmark = pytest.mark.browser

OFFICER = "zz-cdc-ann"
TOKEN = {
    "protocol": "ctap2", "transport": "usb", "hasResidentKey": False,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip

CREATE = """async ([rp, name]) => {
  const made = await navigator.credentials.create({publicKey: {
    rp: {id: rp, name: "mingma"},
    user: {id: new TextEncoder().encode(name), name, displayName: name},
    challenge: new Uint8Array(32),
    pubKeyCredParams: [{type: "public-key", alg: -7}],
    authenticatorSelection: {userVerification: "required", residentKey: "discouraged"},
  }})
  return made.toJSON()
}"""
SIGN = """async ([rp, id, challenge, verification]) => {
  const bytes = text => Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")), one => one.charCodeAt(0))
  const got = await navigator.credentials.get({publicKey: {
    rpId: rp, challenge: bytes(challenge), userVerification: verification,
    allowCredentials: [{type: "public-key", id: bytes(id), transports: ["usb"]}],
  }})
  return got.toJSON()
}"""
SEND = """async act => {
  const answer = await fetch("/v1/acts", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(act)})
  return [answer.status, await answer.json()]
}"""


@dataclass(slots=True)
class Staff:
    """An officer at a browser, with a token plugged in."""

    page: Page
    link: CDPSession
    token: str
    here: Posts
    credential: str = ""
    signed: int = 0
    session: str = ""

    @property
    def scene(self) -> Stage:
        return self.here.stage

    def register(self) -> dict[str, str]:
        """A new key in the token, in the form that a grant names it."""
        made = self.page.evaluate(CREATE, ["localhost", OFFICER])
        self.credential = made["id"]
        found = parse_attestation_object(base64url_to_bytes(made["response"]["attestationObject"]))
        data = found.auth_data.attested_credential_data
        assert data is not None
        assert b64(data.credential_id) == self.credential
        return {"credential": self.credential, "key": b64(data.credential_public_key)}

    def begin(self) -> None:
        """A session begun with the token; its acts name it."""
        at, nonce = self.scene.clock(), "begins-in-a-browser"
        asked = challenge(beginning_digest(OFFICER, at, nonce))
        said = ["localhost", self.credential, b64(asked), "required"]
        assertion = self.page.evaluate(SIGN, said)
        beginning = Beginning(OFFICER, at, nonce, assertion)
        self.session = self.scene.instance.begin_session(beginning).session

    def sign(
        self, act: Act, body: dict[str, Any], *, verification: str = "required"
    ) -> dict[str, Any]:
        """The signed act, as it is sent."""
        at = self.scene.clock()
        self.signed += 1
        nonce = f"from-a-browser-{self.signed:04}"
        asked = challenge(act_digest(act, OFFICER, at, nonce, body, self.session))
        said = ["localhost", self.credential, b64(asked), verification]
        return {
            "act": act.value, "officer": OFFICER, "at": print_instant(at), "nonce": nonce,
            "body": body, "assertion": self.page.evaluate(SIGN, said),
            "session": self.session,
        }  # fmt: skip

    def send(self, signed: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The answer's status, and what it says."""
        status, said = self.page.evaluate(SEND, signed)
        return status, said


@pytest.fixture
def staff(page: Page, tmp_path: Path) -> Iterator[Staff]:
    """The site at localhost; an investigator's grant names the key that her browser made."""
    with served(tmp_path) as site:
        here, instance = Posts(site.scene), site.scene.instance
        hold(here)
        address = f"http://localhost:{urlsplit(site.address).port}"
        page.goto(f"{address}/")
        link = page.context.new_cdp_session(page)
        link.send("WebAuthn.enable")
        token = link.send("WebAuthn.addVirtualAuthenticator", {"options": TOKEN})
        made = Staff(page, link, token["authenticatorId"], here)
        here.give(OFFICER, "zz-cdc", Post.INVESTIGATOR, passkey=made.register())
        instance.settings = replace(instance.settings, rp_id="localhost", staff_origin=address)
        made.begin()
        yield made


def a_case(staff: Staff, case: str) -> dict[str, Any]:
    """The body that opens a case on a laboratory's positive."""
    clock = staff.scene.clock()
    positive = {
        "id": f"positive-{case}", "kind": "test", "subject": "p-green", "region": "410100",
        "at": print_instant(Instant(clock - 3 * HOUR)),
        "data": {"assay": "pcr", "result": "positive", "tube": "single", "sample": f"s-{case}",
                 "reported_at": print_instant(Instant(clock - HOUR))},
    }  # fmt: skip
    assert staff.scene.send(positive, source="lab-1").refused == 0
    return {
        "case": case, "subject": "p-green", "region": "410100",
        "evidence": f"lab-1/positive-{case}",
    }  # fmt: skip


def test_an_act_signed_in_a_browser_is_done_once(staff: Staff) -> None:
    signed = staff.sign(Act.OPEN_CASE, a_case(staff, "case-1"))
    status, said = staff.send(signed)
    assert (status, said["act"]) == (201, "open_case"), said
    assert staff.send(signed)[1]["slug"] == "act.replayed"
    status, said = staff.send(staff.sign(Act.OPEN_CASE, a_case(staff, "case-2")))
    assert status == 201, said  # the token's counter rose, as it must
    assert staff.here.attempts() == []


def test_a_word_changed_after_the_signature_is_no_act(staff: Staff) -> None:
    signed = staff.sign(Act.OPEN_CASE, a_case(staff, "case-1"))
    signed["body"] = {**signed["body"], "case": "case-9"}
    status, said = staff.send(signed)
    assert (status, said["slug"]) == (401, "passkey.refused"), said


def test_a_key_whose_holder_was_not_verified_signs_nothing(staff: Staff) -> None:
    body = a_case(staff, "case-1")
    no = {"authenticatorId": staff.token, "isUserVerified": False}
    staff.link.send("WebAuthn.setUserVerified", no)
    status, said = staff.send(staff.sign(Act.OPEN_CASE, body, verification="discouraged"))
    assert (status, said["slug"]) == (401, "passkey.refused"), said
