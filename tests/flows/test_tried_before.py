"""Who was proposed and came to nothing is not proposed again on the same evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.tried_before import TriedBefore
from mingma.kernel.times import DAY, HOUR
from tests.appealing import object_to
from tests.instances import at, contact, sample
from tests.linking import merge_of, record_link
from tests.posts import Posts, posts

MAKER = "zz-cdc-investigator"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as everybody:
        yield everybody


def propose(here: Posts, body: dict[str, Any], maker: str = MAKER) -> str:
    here.stage.clock.forward(1)
    return str(here.act(maker, Act.PROPOSE_CONTACTS, body).answer["proposal"])


def refused(here: Posts, body: dict[str, Any]) -> str:
    """The lines that a refused proposal names."""
    here.stage.clock.forward(1)
    with pytest.raises(TriedBefore) as found:
        here.act(MAKER, Act.PROPOSE_CONTACTS, body)
    assert here.attempts()[-1].policies == ("proposal.tried_before",)
    return str(found.value.details["rows"])


def test_an_open_proposal_bars_another_with_the_lines_named(here: Posts) -> None:
    propose(here, here.contacts(["p-bob"], here.visits("p-bob")))
    both = here.contacts(["p-ann", "p-bob"], here.visits("p-ann", "p-bob"))
    first = here.contacts(["p-eve"], here.visits("p-eve"))
    propose(here, first)
    assert refused(here, both | {"rows": [*both["rows"], *first["rows"]]}) == "3"
    assert here.attempts()[-1].size == "1"
    propose(here, both)  # Bob's on a visit that was not cited


def test_what_lapsed_bars_for_a_day_more(here: Posts) -> None:
    evidence = here.visits("p-ann")
    propose(here, here.contacts(["p-ann"], evidence))
    here.stage.clock.forward(DAY + 23 * HOUR)
    assert refused(here, here.contacts(["p-ann"], evidence)) == "1"
    here.stage.clock.forward(HOUR)
    propose(here, here.contacts(["p-ann"], evidence))


def test_what_a_checker_refused_stays_refused_and_the_others_took_effect(here: Posts) -> None:
    refs = ["p-ann", "p-bob"]
    evidence = here.visits(*refs)
    body = here.contacts(refs, evidence)
    proposal = propose(here, body)
    here.approve(proposal, refused=["p-ann"])
    assert refused(here, body) == "1"
    here.stage.clock.forward(5 * DAY)
    assert refused(here, body) == "1"
    propose(here, here.contacts(refs[1:], evidence[1:]))


def test_a_refused_row_may_be_put_right_after_a_day_under_its_true_case(here: Posts) -> None:
    evidence = here.visits("p-ann")
    here.open_case("case-8")
    proposal = propose(here, here.contacts(["p-ann"], evidence, case="case-8"))
    here.approve(proposal, refused=["p-ann"])
    right = here.contacts(["p-ann"], evidence)
    assert refused(here, right) == "1"
    here.stage.clock.forward(DAY)
    propose(here, here.contacts(["p-ann"], evidence))


def test_a_copy_of_what_was_cited_is_nothing_new(here: Posts) -> None:
    body = here.contacts(["p-ann"], here.visits("p-ann"))
    same = {
        "kind": "check_in", "subject": "p-ann", "region": "410100", "at": "2022-06-12T12:00:00Z",
        "data": {"venue": "v1", "grade": "A"},
    }  # fmt: skip
    assert here.stage.send(same | {"id": "a"}, same | {"id": "b"}).admitted == 2
    row = body["rows"][0]
    propose(here, body | {"rows": [row | {"evidence": ["demo/a"]}]})
    assert refused(here, body | {"rows": [row | {"evidence": ["demo/b"]}]}) == "1"


def test_three_tries_in_a_day_are_all_whatever_they_rest_on(here: Posts) -> None:
    for _ in range(3):
        propose(here, here.contacts(["p-ann"], here.visits("p-ann")))
    assert refused(here, here.contacts(["p-ann"], here.visits("p-ann"))) == "1"
    here.stage.clock.forward(DAY)
    propose(here, here.contacts(["p-ann"], here.visits("p-ann")))


def test_what_was_tried_of_an_identity_bars_the_person_it_turns_out_to_be(here: Posts) -> None:
    visit = {
        "kind": "check_in", "region": "410100", "at": at(-30),
        "data": {"venue": "v1", "grade": "A"},
    }  # fmt: skip
    hers = visit | {"id": "copy", "subject": "p-ann"}
    sent = here.stage.send(visit | {"id": "visit", "subject": "v-somebody"}, hers, sample("t"))
    assert sent.refused == 0
    propose(here, here.contacts(["v-somebody"], ["demo/visit"]))
    record_link(here.stage, merge_of(here.stage, "v-somebody", "p-ann"))
    for cited in ("demo/visit", "demo/copy"):  # what was cited, and the same recorded about her
        assert refused(here, here.contacts(["p-ann"], [cited])) == "1"
    propose(here, here.contacts(["p-ann"], here.visits("p-ann")))


def test_an_appeal_of_an_identity_protects_the_person_it_turns_out_to_be(here: Posts) -> None:
    finding = contact(subject="v-somebody", hours=-60)
    assert here.stage.send(finding, sample("t")).refused == 0
    object_to(here.stage, "v-somebody")
    here.stage.clock.forward(9 * HOUR)  # nobody answered
    record_link(here.stage, merge_of(here.stage, "v-somebody", "p-ann"))
    with pytest.raises(NotAllowed) as shield:  # on what is older than what was won
        propose(here, here.contacts(["p-ann"], here.visits("p-ann")))
    assert shield.value.policies == ("F11-shield",)
    body = here.contacts(["p-ann"], here.visits("p-ann", hours=-0.5))
    proposal = here.act(MAKER, Act.PROPOSE_CONTACTS, body).answer["proposal"]
    assert here.standing(proposal).appellant
