"""A gate without our program asks what to make of a token. Writes nothing and is no look (P9)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import post
from litestar.datastructures import State
from litestar.params import JSONBody

from mingma.api.problems import check_utf8, no
from mingma.app import Instance
from mingma.codes.check import check


class Shown(msgspec.Struct, forbid_unknown_fields=True):
    """A token's text and, for a colour worse than green, its receipt's (the second frame).

    `specimen` asks what a specimen token shows, which proves nothing.
    """

    text: str
    receipt: str | None = None
    specimen: bool = False


@post(
    "/v1/token/check",
    status_code=200,
    sync_to_thread=True,
    before_request=check_utf8,
    tags=["token"],
    summary="What a gate makes of a token",
    responses=no(400),
)
def check_token_text(state: State, data: JSONBody[Shown]) -> dict[str, Any]:
    """The named result, its steps and claims, as `mingma token check` prints them."""
    instance: Instance = state.instance
    checked = check(
        data.text, instance.clock(),
        trust=instance.trust, specimen=data.specimen,
        receipt=data.receipt, landmarks=instance.landmarks(),
    )  # fmt: skip
    return checked.record()
