"""The second registrar of what two organs do together: his own passkey signed it, too."""

from __future__ import annotations

from typing import Final

from mingma.authority.posts import Officer, Post, granted
from mingma.authority.proposal import challenge
from mingma.flows import offices
from mingma.flows.act_case import Attempted, Case, text
from mingma.flows.passkey_uses import add_use
from mingma.kernel.errors import Place
from mingma.records import PasskeyRefused

TWO_ORGANS: Final = ("F45-two-organs",)


def second_registrar(case: Case, region: str, digest: bytes) -> Officer:
    """Whom `second` names, if `assertion` is his over this digest and a grant of his covers it."""
    id, assertion = text(case.body, "second", most=64), case.body["assertion"]
    officer = offices.officer(case.unit, id)
    key = offices.passkey(case.unit, id)
    if officer is None or key is None or not isinstance(assertion, dict):
        raise Attempted(PasskeyRefused(Place(field="body.second")), TWO_ORGANS)
    try:
        proved = case.desk.passkeys.verify(assertion, key, challenge(digest))
    except PasskeyRefused as problem:
        raise Attempted(problem, TWO_ORGANS) from None
    grants = offices.grants_of(case.unit, id)
    covered = granted(grants, officer, case.act, region, case.now)
    if covered is None or officer.post is not Post.REGISTRAR or not proved.hardware:
        raise Attempted(PasskeyRefused(Place(field="body.second")), TWO_ORGANS)
    return officer


def keep_use(case: Case) -> None:
    """Tell the second registrar, too, what his passkey signed."""
    id = text(case.body, "second", most=64)
    key = offices.passkey(case.unit, id)
    assert key is not None  # it signed
    add_use(
        case.unit, key, case.now,
        act=f"second/{case.act.value}", id=case.signed.digest().hex(),
    )  # fmt: skip
