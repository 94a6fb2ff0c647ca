"""The code on paper: what a gate reads off it, what stands on it, and what does not.

Controls broken to see these fail: the paper flag, the receipt, and who may have it printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.codes.check import check
from mingma.codes.outcome import Checked
from mingma.codes.results import Result
from mingma.codes.token import Flags
from mingma.kernel.times import DAY, HOUR
from tests.cosigned import proving
from tests.pictures import on_paper
from tests.web.reading import plain
from tests.web.site import Site, site


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


def printed(visit: Site, ref: str) -> str:
    """What she prints, under a policy and a cosigned head."""
    visit.sign_in(ref)
    proving(visit.scene).cosign()
    return visit.text("/code/paper?lang=en")


def scanned(visit: Site, page: str) -> Checked:
    """What a gate without a network makes of the printed page."""
    token, *receipt = on_paper(page)
    instance = visit.scene.instance
    return check(
        token, visit.scene.clock(), trust=instance.trust,
        receipt=receipt[0] if receipt else None, landmarks=instance.landmarks(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ref", "colour", "frames"),
    [("p-red", "red", 2), ("p-yellow", "yellow", 2), ("p-green", "green", 1)],
)
def test_a_gate_reads_the_colour_and_its_proof_off_the_paper(
    visit: Site, ref: str, colour: str, frames: int
) -> None:
    page = printed(visit, ref)
    assert len(on_paper(page)) == frames
    checked = scanned(visit, page)
    assert (checked.result, checked.colour) == (Result.OK, colour)
    assert checked.bearer is not None
    assert Flags.PAPER in checked.bearer.flags
    visit.scene.clock.forward(12 * HOUR)
    assert scanned(visit, page).result is Result.EXPIRED


def test_end_reasons_and_where_to_object_stand_on_it_and_no_script_is_needed(visit: Site) -> None:
    page = printed(visit, "p-red")
    words = plain(page)
    for one in ("Valid until", "W*", "3317", "close contact", "How to object", "Receipt"):
        assert one in words, one
    assert "/code/paper" in visit.text("/code")


def test_where_nothing_is_issued_nothing_is_printed(visit: Site) -> None:
    visit.scene.clock.forward(90 * DAY)
    visit.sign_in("p-green")
    page = visit.text("/code/paper?lang=en")
    assert on_paper(page) == []
    assert "neither red nor yellow" in plain(page)


def test_nobody_prints_another_s(visit: Site) -> None:
    assert visit.get("/code/paper").status_code == 401
