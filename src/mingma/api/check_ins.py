"""A person's own check-ins, whoever entered them; and her word that one was not she."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.params import JSONBody

from mingma.api.acting import must_be_signed_in, subject_for
from mingma.api.problems import Asked, no
from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.flows.dispute_check_in import OwnCheckIn, dispute_check_in, own_check_ins
from mingma.kernel.times import print_instant


class CheckedIn(msgspec.Struct):
    """A check-in in one's name; `disputed` says that it counts for nothing."""

    id: str
    at: str
    venue: str
    grade: str
    entered_by: str
    disputed: bool


class NotMe(msgspec.Struct, forbid_unknown_fields=True):
    """Which check-in was not oneself."""

    of: str


@get(
    "/v1/me/check-ins",
    sync_to_thread=True,
    tags=["me"],
    summary="Every check-in in one's name, newest first",
    responses=no(401, 404, 503),
)
def check_ins(request: Asked, state: State) -> list[CheckedIn]:
    """Whoever entered them."""
    instance: Instance = state.instance
    ref = subject_for(request, Act.READ_OWN_CHECK_INS)
    with instance.store.read() as unit:
        return [_view(one) for one in own_check_ins(unit, ref, instance.clock())]


@post(
    "/v1/me/check-ins",
    status_code=201,
    sync_to_thread=True,
    before_request=must_be_signed_in,
    tags=["me"],
    summary="Say that a check-in was not oneself: it is no ground from then on",
    responses=no(400, 401, 404, 503),
)
def not_me(request: Asked, state: State, data: JSONBody[NotMe]) -> CheckedIn:
    """The check-in stays on record, with the person's word beside it."""
    instance: Instance = state.instance
    ref, now = subject_for(request, Act.DISOWN_CHECK_IN), instance.clock()
    with instance.acting() as unit:
        said = dispute_check_in(unit, instance.context, ref, data.of, now, instance.desk.chance)
    return _view(said)


def _view(one: OwnCheckIn) -> CheckedIn:
    return CheckedIn(
        one.id, print_instant(one.at), one.venue, one.grade, one.entered_by, one.disputed
    )
