"""At the gate: what is in pictures, or was pasted, is checked as texts are; nobody is asked."""

from __future__ import annotations

import pytest
import pytest_socket

from mingma.codes.check import check
from mingma.codes.results import Result
from mingma.codes.token import Flags, issue
from mingma.codes.trust import Trust
from mingma.engines.pictures import read_codes
from mingma.flows.check_token import check_pictures, frames_in
from mingma.kernel.errors import Malformed
from mingma.kernel.words import Colour
from tests.pictures import draw_code
from tests.unit.codes.forge import NOW, office, status
from tests.unit.codes.proofs import LOG

OFFICE = office()
TRUST = Trust([OFFICE.der])
TOKEN = issue(status(flags=Flags.STATIC), OFFICE.kid, OFFICE.sign)
RED = issue(status(colour=Colour.RED, leaf=LOG.names(0)), OFFICE.kid, OFFICE.sign)
FRAME = LOG.frame(0)


class Broken(Malformed):
    slug = "test.broken"
    zh = en = "broken"


def broken(_: bytes) -> list[str]:
    raise Broken


@pytest.mark.parametrize(
    "codes", [[TOKEN], ["https://venue.example/1", TOKEN], [TOKEN, "HC1:ANOTHER"]]
)
def test_the_token_in_a_picture_is_checked(codes: list[str]) -> None:
    found = check_pictures([b"picture"], NOW, lambda _: codes, trust=TRUST)
    assert found == check(TOKEN, NOW, trust=TRUST)
    assert found.result is Result.OK


def test_a_picture_without_a_token_is_unreadable_and_says_why() -> None:
    for read, reason in (
        (lambda _: [], "picture.no_code"),
        (lambda _: [FRAME], "picture.no_code"),
        (lambda _: ["https://venue.example/1"], "prefix.missing"),
        (broken, "picture.unreadable"),
    ):
        found = check_pictures([b"picture"], NOW, read, trust=TRUST)
        assert (found.result, found.reasons) == (Result.UNREADABLE, (reason,))


@pytest.mark.parametrize("first", [0, 1])
def test_two_frames_are_read_from_one_picture_or_from_two_in_any_order(first: int) -> None:
    both = [RED, FRAME] if first == 0 else [FRAME, RED]
    for pictures, read in (
        ([b"one"], lambda _: both),
        ([b"0", b"1"], lambda picture: [both[int(picture)]]),
    ):
        found = check_pictures(pictures, NOW, read, trust=TRUST, landmarks=LOG.landmarks)
        assert (found.result, found.colour) == (Result.OK, Colour.RED)


def test_a_receipt_in_a_picture_comes_before_a_text_beside_it() -> None:
    more = {"trust": TRUST, "landmarks": LOG.landmarks}
    found = check_pictures([b""], NOW, lambda _: [RED], receipt=FRAME, **more)
    assert found.colour is Colour.RED
    found = check_pictures([b""], NOW, lambda _: [RED, LOG.frame(10)], receipt=FRAME, **more)
    assert found.reasons == ("receipt.other_leaf",)
    found = check_pictures([b""], NOW, lambda _: [RED], **more)
    assert found.reasons == ("receipt.missing",)


def test_a_broken_second_picture_leaves_what_the_first_one_shows() -> None:
    def read(picture: bytes) -> list[str]:
        return broken(picture) if picture == b"broken" else [TOKEN]

    found = check_pictures([b"good", b"broken"], NOW, read, trust=TRUST)
    assert (found.result, found.colour) == (Result.OK, Colour.GREEN)


@pytest.mark.parametrize(
    "pasted",
    [
        f"{RED}\n{FRAME}",
        f"{FRAME}\r\n{RED}\r\n",
        f"\n  {RED}\n\n  {FRAME}\n",
        "\n".join([*(RED[n : n + 40] for n in range(0, len(RED), 40)),
                   *(FRAME[n : n + 64] for n in range(0, len(FRAME), 64))]),
    ],
)  # fmt: skip
def test_pasted_lines_are_sorted_into_token_and_receipt(pasted: str) -> None:
    assert frames_in(pasted) == (RED, FRAME)


def test_a_text_without_a_receipt_is_a_token_alone() -> None:
    assert frames_in(f"  {TOKEN}") == (TOKEN, None)
    assert frames_in("") == ("", None)
    assert frames_in("hello\nworld") == ("helloworld", None)
    assert frames_in(FRAME) == ("", FRAME)
    assert frames_in(f"{TOKEN} \n") == (f"{TOKEN} ", None)  # a blank is a character of base45


def test_a_check_needs_no_network() -> None:
    picture, receipt = draw_code(RED), draw_code(FRAME)
    pytest_socket.disable_socket()
    try:
        assert check(TOKEN, NOW, trust=TRUST).result is Result.OK
        found = check_pictures(
            [picture, receipt], NOW, read_codes, trust=TRUST, landmarks=LOG.landmarks
        )
        assert (found.result, found.colour) == (Result.OK, Colour.RED)
    finally:
        pytest_socket.enable_socket()
