"""The second registrar of what two organs do together: his own passkey signed it, too."""

from __future__ import annotations

from typing import Final

from mingma.authority.posts import Post, granted
from mingma.flows import offices
from mingma.flows.act_case import Attempted, Case, text
from mingma.flows.other_signature import OtherSignature, must_count_on, other_signature
from mingma.kernel.errors import Place
from mingma.records import PasskeyRefused

TWO_ORGANS: Final = ("F45-two-organs",)


def second_registrar(case: Case, region: str, digest: bytes) -> OtherSignature:
    """What `second` signed, if `assertion` is his over this digest and a grant of his covers it."""
    id, assertion = text(case.body, "second", most=64), case.body["assertion"]
    try:
        signed = other_signature(case.unit, case.desk.passkeys, id, assertion, digest)
    except PasskeyRefused:
        raise _refused() from None
    grants = offices.grants_of(case.unit, id)
    covered = granted(grants, signed.officer, case.act, region, case.now)
    if covered is None or signed.officer.post is not Post.REGISTRAR:
        raise _refused()
    must_count_on(case, signed)
    return signed


def _refused() -> Attempted:
    return Attempted(PasskeyRefused(Place(field="body.second")), TWO_ORGANS)
