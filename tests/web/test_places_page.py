"""The place policy as a citizen reads it, and the complaint of a place that does not keep it.

Controls broken to see these fail: who may complain, the visit's token, what comes back on an error,
and that the counts are shown.
"""

from __future__ import annotations

import re

import pytest

from mingma.authority.places import PROTECTED, TITLES, PlaceClass
from mingma.flows.place_complaint import COMPLAINT, Demanded
from mingma.kernel.times import day_of
from mingma.ledger.tally import FLOOR
from mingma.records import Record
from tests.web.reading import plain
from tests.web.site import Site


def test_every_class_stands_under_what_holds_for_it(visit: Site) -> None:
    policy = visit.scene.instance.context.places
    page = visit.text("/places?lang=zh")
    parts = [page.index(f'id="{one}"') for one in ("protected", "asking", "others", "refused")]
    for place in PlaceClass:
        n = 0 if place in PROTECTED else 1 if policy.asks(place) else 2
        assert f"<li>{TITLES[place][0]}</li>" in page[parts[n] : parts[n + 1]], place
    assert policy.digest().hex() in page
    assert 'id="coming"' not in page


def test_it_is_linked_from_where_a_citizen_looks(visit: Site) -> None:
    for path in ("/", "/gate"):
        assert 'href="/places"' in visit.text(path)
    visit.sign_in("p-red")
    assert 'href="/places"' in visit.text("/code")
    assert "call the hotline" in plain(visit.text("/places?lang=en"))


# -- complaining of a place


SAID = {"place": "shop", "region": "410103", "demanded": "screenshot"}


def rows(visit: Site, lang: str = "en") -> list[str]:
    """The counts that everybody reads on the page."""
    page = visit.text(f"/places?lang={lang}")
    table = page[page.index('id="counted"') : page.index('id="policy"')]
    return [plain(f"<p>{row}</p>") for row in re.findall(r"<tr>(<th scope=.row.+?)</tr>", table)]


def test_a_complaint_is_counted_on_the_page_by_kind_and_county_and_names_nobody(
    visit: Site,
) -> None:
    assert rows(visit) == []
    assert "There was none" in visit.text("/places?lang=en")
    for ref, said in (("p-green", SAID), ("p-red", SAID), ("p-red", {**SAID, "place": "court"})):
        visit.sign_in(ref)
        answer = visit.post("/places", **said)
        assert (answer.status_code, answer.headers["location"]) == (303, "/places?said=1#complain")
    stranger = visit.another()
    assert rows(stranger) == [
        "Shop counties together A picture of a code 2",
        "Court counties together A picture of a code 1",
    ]
    with visit.scene.instance.acting() as unit:
        for n in range(FLOOR - 2):
            id = f"{day_of(visit.scene.clock()):06}/shop/410103/screenshot/{n}"
            unit.add_record(Record(COMPLAINT, id, visit.scene.clock(), b"{}"))
    assert rows(stranger, "zh")[0] == f"商店 郑州市 二七区 截图或照片 {FLOOR}"
    page = stranger.text("/places?said=1")
    assert 'id="said"' in page
    for one in ("p-red", "p-green", "W*", "3317"):
        assert one not in page


def test_the_form_offers_every_class_and_every_county_of_the_region_and_nothing_is_chosen(
    visit: Site,
) -> None:
    visit.sign_in("p-red")
    page = visit.text("/places")
    for place in PlaceClass:
        assert f'<option value="{place.value}">{TITLES[place][0]}</option>' in page
    assert page.count('<option value="41') == 157
    assert '<optgroup label="郑州市"' in page
    assert " selected" not in page
    assert " checked" not in page


@pytest.mark.parametrize(
    ("wrong", "status", "said_zh", "said_en"),
    [
        ({"place": ""}, 400, "`place`", "missing or unknown"),
        ({"place": "embassy"}, 400, "`place`", "missing or unknown"),
        ({"region": ""}, 400, "`region`", "missing or unknown"),
        ({"region": "410199"}, 400, "`region`", "missing or unknown"),
        ({"region": "1" * 9999}, 400, "`region`", "missing or unknown"),
        ({"demanded": "' OR 1=1;--"}, 400, "`demanded`", "missing or unknown"),
        ({"demanded": ""}, 400, "`demanded`", "missing or unknown"),
        ({"place": "airport", "demanded": "code"}, 409, "允许此类场所查码", "lets such a place"),
    ],
)
def test_on_an_error_the_form_comes_back_as_it_was_filled_in(
    visit: Site, wrong: dict[str, str], status: int, said_zh: str, said_en: str
) -> None:
    visit.sign_in("p-red")
    for lang, said in (("zh", said_zh), ("en", said_en)):
        visit.get(f"/?lang={lang}")
        answer = visit.post("/places", **{**SAID, **wrong})
        assert answer.status_code == status
        page = answer.text
        alert = page[page.index('role="alert"') : page.index("<form", page.index('role="alert"'))]
        assert said in plain(f"<div {alert}")
        marked = 0 if status == 409 else len(Demanded) if "demanded" in wrong else 1
        assert page.count('aria-invalid="true"') == marked
        if "region" not in wrong:
            assert '<option value="410103" selected>' in page
        if "place" not in wrong:
            assert '<option value="shop" selected>' in page
        if "demanded" not in wrong:
            assert 'value="screenshot" required checked' in page
    assert rows(visit) == []


def test_the_same_again_and_a_sixth_are_refused_for_the_day(visit: Site) -> None:
    visit.sign_in("p-red")
    assert visit.post("/places", **SAID).status_code == 303
    answer = visit.post("/places", **SAID)
    assert answer.status_code == 429
    assert "今天已投诉过" in plain(answer.text)
    for region in ("410102", "410104", "410105", "410106", "410108"):
        last = visit.post("/places", **{**SAID, "region": region})
    assert last.status_code == 429
    (row,) = rows(visit)
    assert row.endswith(" 5")


def test_nobody_complains_without_a_session_or_with_another_visit_s_form(visit: Site) -> None:
    page = visit.text("/places?lang=en")
    assert 'action="/places#complaint"' not in page
    assert "Sign in to complain" in plain(page)
    assert visit.post("/places", **SAID).status_code == 401
    visit.to_desk()
    assert 'action="/places#complaint"' not in visit.text("/places")
    assert visit.post("/places", **SAID).status_code == 401
    visit.sign_in("p-red")
    stolen = visit.another().token()
    for token in ("", "x", stolen):
        answer = visit.client.post("/places", data={"form_token": token, **SAID})
        assert answer.status_code == 403
        assert "form.not_ours" in answer.text
    assert rows(visit) == []


def test_where_nobody_signs_in_the_page_says_so(closed: Site) -> None:
    assert "Sign-in is not set up" in plain(closed.text("/places?lang=en"))
