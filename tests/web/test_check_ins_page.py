"""Her own check-ins, and the button that says it was not she.

Controls broken to see these fail: whose page it is, which rows have the button, the visit's token,
and that a second press is no error.
"""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from mingma.evidence.channels.check_in import CheckIn
from mingma.flows.dispute_check_in import own_check_ins
from mingma.web.texts import known
from tests.flows.test_dispute_check_in import scan
from tests.web.reading import plain, read
from tests.web.site import Site
from tests.web.test_delegates_page import CHILD, MOTHER, act, enrolled

HERE = "/me/check-ins"


def entered(visit: Site, ref: str = "p-green") -> None:
    """One of each grade for somebody, and one for somebody else."""
    grades = [scan(f"in-{grade}", ref, n - 9, grade) for n, grade in enumerate("ABCD")]
    visit.scene.send(*grades, scan("other", "p-yellow", -3))


def disowned(visit: Site, ref: str) -> set[str]:
    """Her check-ins that count for nothing."""
    with visit.scene.instance.store.read() as unit:
        found = own_check_ins(unit, ref, visit.scene.clock())
    return {one.id for one in found if one.disputed}


def offered(visit: Site) -> list[str]:
    """The check-ins that her page has a button for."""
    page = visit.text(HERE)
    return [part.split('"')[0] for part in page.split('name="of" value="')[1:]]


def test_every_grade_has_words_for_people() -> None:
    grades = get_args(get_type_hints(CheckIn)["grade"])
    assert len(grades) == 4
    assert {grade for grade in grades if not known(f"check_ins.grade.{grade}")} == set()


def test_she_reads_who_entered_what_newest_first_and_nobody_else_s(visit: Site) -> None:
    assert visit.get(HERE).status_code == 401
    visit.sign_in("p-green")
    assert "no check-in in your name" in plain(visit.text(f"{HERE}?lang=en"))
    entered(visit)
    before = visit.counts()
    words = plain(visit.text(f"{HERE}?lang=en"))
    assert visit.counts() == before
    assert words.count("market-1") == 4
    assert "Entered by Demo Demo" in words  # the source's title and organ
    assert words.index("From a poster") < words.index("Read by your own") < words.index("by staff")
    assert "other" not in offered(visit)


def test_the_button_stands_where_others_entered_it_and_an_appeal_where_her_phone_did(
    visit: Site,
) -> None:
    entered(visit)
    visit.sign_in("p-green")
    assert offered(visit) == ["demo/in-D", "demo/in-C", "demo/in-A"]
    page = visit.text(f"{HERE}?lang=en")
    assert "not disowned here" in plain(page)
    assert "/me/appeals" in read(page).links


def test_what_was_not_she_counts_for_nothing_and_pressed_twice_it_is_no_error(visit: Site) -> None:
    entered(visit)
    visit.sign_in("p-green")
    for _ in range(2):
        answer = visit.post(HERE, of="demo/in-A")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?said=1")
    assert disowned(visit, "p-green") == {"demo/in-A"}
    assert 'id="said"' in visit.text(f"{HERE}?said=1")
    assert 'id="said"' not in visit.text(HERE)
    assert '<span class="tag">counts for nothing' in visit.text(f"{HERE}?lang=en")
    assert "demo/in-A" not in offered(visit)
    assert disowned(visit, "p-yellow") == set()


@pytest.mark.parametrize(
    "of", ["demo/in-B", "demo/other", "demo/g1", "", "demo/none", "' OR 1=1;--", "红" * 5000]
)
def test_nothing_else_is_disowned_and_the_page_says_what_to_do(visit: Site, of: str) -> None:
    entered(visit)
    visit.sign_in("p-green")
    for lang, said in (
        ("en", "no check-in that somebody else entered"),
        ("zh", "不是他人以您名义"),
    ):
        visit.get(f"/?lang={lang}")
        answer = visit.post(HERE, of=of)
        assert answer.status_code == 409
        assert said in plain(answer.text)
        assert {HERE, "/me/appeals"} <= set(read(answer.text).links)
    assert disowned(visit, "p-green") == disowned(visit, "p-yellow") == set()


def test_a_form_that_is_not_this_visit_s_disowns_nothing(visit: Site) -> None:
    entered(visit)
    assert visit.post(HERE, of="demo/in-A").status_code == 401
    visit.sign_in("p-green")
    stolen = visit.another().token()
    for token in ("", "x", stolen):
        answer = visit.client.post(HERE, data={"form_token": token, "of": "demo/in-A"})
        assert answer.status_code == 403
        assert "form.not_ours" in answer.text
    assert disowned(visit, "p-green") == set()


def test_a_guardian_reads_the_child_s_and_disowns_for_it_and_family_does_not(visit: Site) -> None:
    mother, child = enrolled(visit, MOTHER), enrolled(visit, CHILD)
    entered(visit, child)
    visit.scene.send(scan("hers", mother))
    act(visit, mother, ref=child)
    assert HERE not in visit.text("/code")
    assert visit.get(HERE).status_code == visit.post(HERE, of="demo/in-A").status_code == 404
    act(visit, mother, "guardian", child, own_number=CHILD["number"])
    assert HERE in visit.text("/code")
    assert offered(visit) == ["demo/in-D", "demo/in-C", "demo/in-A"]
    assert visit.post(HERE, of="demo/in-A").status_code == 303
    assert disowned(visit, child) == {"demo/in-A"}
    assert visit.post(HERE, of="demo/hers").status_code == 409
    visit.sign_in(child)
    assert "read your check-ins for you" in plain(visit.text("/me/looks?lang=en"))


def test_it_is_linked_from_where_she_looks(visit: Site) -> None:
    assert HERE not in visit.text("/")
    visit.sign_in("p-green")
    for path in ("/", "/code"):
        assert HERE in read(visit.text(path)).links
