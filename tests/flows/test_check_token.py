"""At the gate: the text in a picture is checked as a text is."""

from __future__ import annotations

import pytest
import pytest_socket

from mingma.codes.results import Result
from mingma.codes.token import Flags, issue
from mingma.codes.trust import Trust
from mingma.flows.check_token import check_picture, check_token
from mingma.kernel.errors import Malformed
from tests.unit.codes.forge import NOW, office, status

OFFICE = office()
TRUST = Trust([OFFICE.der])
TOKEN = issue(status(flags=Flags.STATIC), OFFICE.kid, OFFICE.sign)


class Broken(Malformed):
    slug = "test.broken"
    zh = en = "broken"


def broken(_: bytes) -> list[str]:
    raise Broken


@pytest.mark.parametrize(
    "codes", [[TOKEN], ["https://venue.example/1", TOKEN], [TOKEN, "HC1:ANOTHER"]]
)
def test_the_token_in_a_picture_is_checked(codes: list[str]) -> None:
    found = check_picture(b"picture", NOW, lambda _: codes, trust=TRUST)
    assert found == check_token(TOKEN, NOW, trust=TRUST)
    assert found.result is Result.OK


def test_a_picture_without_a_token_is_unreadable_and_says_why() -> None:
    for read, reason in (
        (lambda _: [], "picture.no_code"),
        (lambda _: ["https://venue.example/1"], "prefix.missing"),
        (broken, "picture.unreadable"),
    ):
        found = check_picture(b"picture", NOW, read, trust=TRUST)
        assert (found.result, found.reasons) == (Result.UNREADABLE, (reason,))


def test_a_check_needs_no_network() -> None:
    pytest_socket.disable_socket()
    try:
        assert check_token(TOKEN, NOW, trust=TRUST).result is Result.OK
    finally:
        pytest_socket.enable_socket()
