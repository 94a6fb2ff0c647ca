"""Naming a delegate, acting for her, and back; what the delegate sees, and what is told of it."""

from __future__ import annotations

import re
import secrets

import pytest

from mingma.flows.delegate import LONGEST_CALLED, TWICE
from mingma.flows.enrol import Holder, enrol
from mingma.flows.kept_appeals import own_appeals
from mingma.kernel.times import DAY
from mingma.records import Record
from mingma.session import ACTING
from tests.instances import Stage, sample
from tests.web.reading import plain
from tests.web.site import Site

CHILD = {"type": "resident_id", "number": "410103201503071233"}  # fourteen on 2029-03-07
MOTHER = {"type": "resident_id", "number": "410103199003071237"}
RECEIPT = re.compile(r'name="receipt" value="([0-9a-f]{32})"')


def enrolled(visit: Site, paper: dict[str, str]) -> str:
    """Somebody with that paper, whom the demo lets one be."""
    return enrolled_on(visit.scene, paper)


def enrolled_on(scene: Stage, paper: dict[str, str]) -> str:
    """The same on an instance by itself."""
    instance = scene.instance
    ref = instance.identify(paper)
    with instance.store.write() as unit:
        holder = Holder(ref, "M*", paper["number"][-4:])
        enrol(unit, instance.context, [ref], instance.clock(), secrets.token_bytes, {ref: holder})
        body = f'{{"ref":"{ref}","name":"M*","note":"x"}}'.encode()
        unit.add_record(Record("demo_person", ref, instance.clock(), body))
    scene.send(sample(f"t-{ref[:4]}", ref, result="negative"))
    return ref


def name(visit: Site, **fields: str) -> int:
    given = {"as": "family", "to_type": "resident_id", "to_number": MOTHER["number"], "days": "30"}
    return visit.post("/me/delegates", **{**given, **fields}).status_code


def receipts(visit: Site, section: str) -> list[str]:
    page = visit.text("/me/delegates?lang=en")
    start = page.index(f'<section id="{section}"')
    return RECEIPT.findall(page[start : page.index("</section>", start)])


@pytest.fixture
def mother(visit: Site) -> str:
    return enrolled(visit, MOTHER)


def act(visit: Site, mother: str, as_: str = "family", ref: str = "p-red", **fields: str) -> str:
    """Somebody names the mother, who acts for her now; the receipt."""
    visit.sign_in(ref)
    before = set(receipts(visit, "given"))
    fields = {"as": as_, "called": "<b>女儿", **fields}
    assert name(visit, **fields) == 303
    assert name(visit, **fields) == 303  # pressed twice
    (receipt,) = set(receipts(visit, "given")) - before
    visit.sign_in(mother)
    assert receipt in receipts(visit, "held")
    assert visit.post("/me/acting", receipt=receipt).status_code == 303
    return receipt


def test_family_shows_her_code_and_no_records_and_it_stands_in_her_log(
    visit: Site, mother: str
) -> None:
    receipt = act(visit, mother)
    page = visit.text("/code?lang=en")
    words = plain(page)
    assert "colour--red" in page
    assert "You are acting for W* (paper ends in 3317) as family" in words
    assert "Shown by a delegate" in words
    assert 'data-every="600"' in page
    token = re.search(r'id="token"[^>]*>([^<]+)<', page)
    assert token
    gate = plain(visit.post("/gate", place="airport", text=token[1]).text)
    assert "Compare them with the holder's card" in gate
    assert "W*" in gate
    for gone in ("Latest notices", "/me/looks", "/receipt", 'id="history"'):
        assert gone not in page
    for path in ("/me/notices", "/me/looks"):
        answer = visit.get(path)
        assert answer.status_code == 404
        assert "/me/delegates" in answer.text
    assert visit.post("/me/acting", receipt="").status_code == 303
    own = visit.text("/code?lang=en")
    assert "1237" in plain(own)
    assert "colour--red" not in own
    token = re.search(r'id="token"[^>]*>([^<]+)<', own)
    assert token
    gate = visit.post("/gate", place="airport", text=token[1])
    assert "A delegate shows" not in plain(gate.text)

    visit.sign_in("p-red")
    words = plain(visit.text("/me/looks?lang=en"))
    assert f"your family (receipt {receipt[:8]})" in words
    assert "showed your code for you" in words
    assert "acting for you, as you asked" in words
    assert "1 in all" in words  # what was refused showed nothing


def test_a_delegate_sees_only_what_she_filed_and_it_is_logged_as_help(
    visit: Site, mother: str
) -> None:
    visit.sign_in("p-red")
    visit.post("/me/appeals", asked="ask_human")
    receipt = act(visit, mother, "helper")
    assert visit.get("/code").url.path == "/me/appeals"  # all that a helper may do
    assert 'class="reason"' not in visit.text(
        "/me/appeals?lang=en"
    )  # what she filed herself is hers
    answer = visit.post("/me/appeals", asked="object", kind_0="document", says_0="the ticket")
    assert answer.headers["location"] == "/me/appeals"
    page = visit.text("/me/appeals?lang=en")
    assert page.count('class="reason"') == 1
    assert "Status Open" in plain(page)
    assert "/me/appeals/withdraw" not in page  # a helper files, and no more
    visit.post("/me/acting", receipt="")
    visit.scene.clock.forward(TWICE)
    receipt_of_another = act(visit, mother, "helper")
    assert receipt_of_another != receipt
    again = visit.post("/me/appeals", asked="object")  # the same, by another receipt
    assert again.headers["location"] == "/me/appeals?there=1"
    assert 'id="there"' in visit.text("/me/appeals?there=1")
    visit.sign_in("p-red")
    instance = visit.scene.instance
    with instance.store.read() as unit:
        helpers = [one.appeal.helper for one in own_appeals(unit, "p-red")]
    assert helpers[0] is None
    assert helpers[1] is not None
    assert (helpers[1].as_, helpers[1].id) == ("helper", receipt)


def test_a_receipt_is_ended_on_the_page_and_the_delegate_is_told(visit: Site, mother: str) -> None:
    receipt = act(visit, mother)
    delegate = visit.client.cookies[ACTING]
    visit.sign_in("p-red")
    page = visit.text("/me/delegates")
    assert "&lt;b&gt;女儿" in page
    assert "<b>女儿" not in page
    assert receipts(visit, "given") == [receipt]
    assert visit.post("/me/delegates/end", receipt=receipt).status_code == 303
    assert receipts(visit, "given") == []
    assert "Over since" in plain(visit.text("/me/delegates?lang=en"))
    visit.sign_in(mother)
    visit.client.cookies.set(ACTING, delegate)
    answer = visit.get("/code?lang=en")
    assert answer.status_code == 404
    assert "has ended or was taken back" in plain(answer.text)
    assert "Act for myself again" in answer.text
    assert receipts(visit, "held") == []


def test_a_parent_acts_for_a_child_until_the_fourteenth_birthday(visit: Site, mother: str) -> None:
    visit.sign_in(enrolled(visit, CHILD))
    assert name(visit, **{"as": "guardian", "own_number": MOTHER["number"]}) == 400
    assert name(visit, **{"as": "guardian", "own_number": CHILD["number"]}) == 303
    assert "7 Mar 2029" in plain(visit.text("/me/delegates?lang=en"))
    visit.sign_in(mother)
    (receipt,) = receipts(visit, "held")
    visit.post("/me/acting", receipt=receipt)
    for path in ("/code", "/me/notices", "/me/looks"):
        visit.text(path)
    words = plain(visit.text("/me/looks?lang=en"))
    for said in ("read your records for you", "read this access log for you", "your guardian"):
        assert said in words


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        ({"as": "friend"}, "own.unknown_delegate"),
        ({"as": ""}, "own.unknown_delegate"),
        ({"days": ""}, "own.days_unclear"),
        ({"days": "-1"}, "own.days_unclear"),
        ({"days": "366"}, "own.days_unclear"),
        ({"days": "\N{GRINNING FACE}"}, "own.days_unclear"),
        ({"days": "9" * 400}, "own.days_unclear"),
        ({"to_number": ""}, "identity."),
        ({"to_number": "x" * 10_000}, "identity."),
        ({"to_number": "' OR 1=1;--"}, "identity."),
        ({"to_type": "library_card"}, "identity."),
        ({"called": "x" * (LONGEST_CALLED + 1)}, "own.called_too_much"),
        ({"called": "a\nb"}, "own.called_too_much"),
        ({"as": "guardian"}, "own.not_your_number"),
    ],
)
def test_on_an_error_the_form_comes_back_as_it_was_typed(
    visit: Site, wrong: dict[str, str], slug: str
) -> None:
    visit.sign_in("p-red")
    fields = {"as": "family", "to_number": MOTHER["number"], "days": "7", "called": "sister"}
    answer = visit.post("/me/delegates", **{**fields, **wrong})
    assert answer.status_code in (400, 422)
    found = re.search(r"<code>([a-z_.]+)</code></p></div>", answer.text)
    assert found
    assert slug.startswith(found[1]) or found[1].startswith(slug)
    assert 'role="alert"' in answer.text
    for field, typed in fields.items():
        if field not in wrong and field != "as":
            assert f'value="{typed}"' in answer.text
    assert receipts(visit, "given") == []


def test_oneself_is_no_delegate_and_nobody_ends_another_s(visit: Site, mother: str) -> None:
    visit.sign_in(mother)
    assert name(visit) == 400
    receipt = act(visit, mother)
    visit.sign_in("p-green")
    assert visit.post("/me/delegates/end", receipt=receipt).status_code == 404
    assert visit.post("/me/acting", receipt=receipt).status_code == 404
    assert visit.post("/me/acting", receipt="' OR 1=1;--").status_code == 404
    visit.scene.clock.forward(31 * DAY)
    visit.sign_in(mother)
    assert receipts(visit, "held") == []


def test_nothing_of_it_is_for_whoever_is_not_signed_in(visit: Site) -> None:
    assert visit.get("/me/delegates").status_code == 401
    for path in ("/me/delegates", "/me/delegates/end", "/me/acting"):
        assert visit.post(path, called="sister").status_code == 401
    assert "sister" in visit.post("/me/delegates", called="sister").text
