"""The code page's part for objecting: a form of evidence only, statuses, due times, terms."""

from __future__ import annotations

import re

from mingma.appeals.terms import ANSWER, TERMS
from mingma.appeals.views import terms_view
from mingma.kernel.times import HOUR
from tests.web.reading import plain
from tests.web.site import Site


def object_part(visit: Site, lang: str = "en") -> str:
    page = visit.text(f"/code?lang={lang}")
    start = page.index('<section class="panel" id="object"')
    return page[start : page.index("</section>", start) + len("</section>")]


def test_the_page_s_table_of_terms_is_the_table(visit: Site) -> None:
    visit.sign_in("p-red")
    for lang in ("zh", "en"):
        part = object_part(visit, lang)
        table = plain(part)
        for row in terms_view(lang):
            assert row["term"] in table
        assert len(re.findall('<tr><th scope="row">', part)) >= len(TERMS)
    assert "8 hours" in plain(object_part(visit))
    assert "每满 2 小时" in plain(object_part(visit, "zh"))


def test_an_objection_is_filed_shown_and_falls_by_itself(visit: Site) -> None:
    visit.sign_in("p-red")
    answer = visit.post(
        "/me/appeals", asked="object", ground="exam", kind_0="travel_record", says_0="ticket 12",
        kind_1="document", says_1="",
    )  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, "/code#object")
    part = plain(object_part(visit))
    for said in (
        "Status Open",
        "Answer due by 14 Jun 2022, 23:00",
        "falls for you",
        "Take it back",
    ):
        assert said in part, said
    visit.scene.clock.forward(ANSWER.seconds)
    visit.sign_in("p-red")
    page = plain(visit.text("/code?lang=en"))
    assert "unanswered in time: fell for you".lower() in page.lower()
    assert "Green" in page
    assert "a free test is offered" in page


def test_a_question_beyond_evidence_is_refused(visit: Site) -> None:
    visit.sign_in("p-red")
    answer = visit.post("/me/appeals", asked="object", are_you_a_depositor="no")
    assert answer.status_code == 422
    assert "are_you_a_depositor" in answer.text
    assert "no-such" not in plain(object_part(visit))


def test_an_urgent_matter_gives_a_pass_note_that_is_no_colour(visit: Site) -> None:
    visit.sign_in("p-red")
    assert visit.post("/me/appeals", asked="urgent", ground="court_hearing").status_code == 303
    part = object_part(visit)
    assert "mingma-pass-note v1" in part
    assert "place court" in part
    assert "holder 3317 W*" in part
    assert "specimen, proves nothing" in part
    note = part[
        part.index("mingma-pass-note v1") : part.index("</code>", part.index("pass-note v1"))
    ]
    assert "red" not in note


def test_an_appeal_is_taken_back_on_the_page(visit: Site) -> None:
    visit.sign_in("p-red")
    visit.post("/me/appeals", asked="object")
    number = re.search(r'name="number" value="(\d+)"', object_part(visit))
    assert number
    assert visit.post("/me/appeals/withdraw", number=number[1]).status_code == 303
    assert "Status Withdrawn by you" in plain(object_part(visit))
    assert visit.post("/me/appeals/withdraw", number="x").status_code == 422
    visit.scene.clock.forward(HOUR)


def test_showing_the_part_writes_nothing(visit: Site) -> None:
    visit.sign_in("p-red")
    visit.post("/me/appeals", asked="object")
    before = visit.counts()
    object_part(visit)
    assert visit.counts() == before


def test_what_was_typed_comes_back_with_the_complaint(visit: Site) -> None:
    visit.sign_in("p-red")
    answer = visit.post(
        "/me/appeals", asked="urgent", ground="exam", kind_1="document", says_1='a "ticket" <b>',
        kind_2="of tomorrow", says_2="x",
    )  # fmt: skip
    assert answer.status_code == 422
    page = answer.text
    assert 'role="alert"' in page
    assert '<option value="urgent" selected>' in page
    assert '<option value="exam" selected>' in page
    assert 'value="a &#34;ticket&#34; &lt;b&gt;"' in page
    assert "appeal.form_wrong" in page
    visit.sign_in("p-green")
    answer = visit.post("/me/appeals", asked="object", kind_0="document", says_0="at home")
    assert (answer.status_code, "appeal.nothing_to_object" in answer.text) == (409, True)
    assert 'value="at home"' in answer.text


def test_what_was_typed_is_handed_back_when_the_session_is_over(visit: Site) -> None:
    for answer in (
        visit.post("/me/appeals", asked="object", says_0="I was <i>at home"),
        visit.client.post(
            "/me/appeals", data={"says_0": "I was <i>at home"}, headers={"Accept": "text/html"}
        ),
    ):
        assert answer.status_code == 401
        assert "I was &lt;i&gt;at home" in answer.text
    visit.sign_in("p-red")
    page = visit.client.post(
        "/me/appeals", data={"says_0": "I was <i>at home"}, headers={"Accept": "text/html"}
    )
    assert page.status_code == 403  # a form of before the sign-in
    assert "I was &lt;i&gt;at home" in page.text
    other = visit.client.post(
        "/me/appeals",
        data={"says_0": "of another site"},
        headers={"Accept": "text/html", "Sec-Fetch-Site": "cross-site"},
    )
    assert (other.status_code, "of another site" in other.text) == (403, False)
