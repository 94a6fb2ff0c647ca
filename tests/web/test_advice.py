"""Friendly advice stands on the person's own page, and nowhere else."""

from __future__ import annotations

from tests.posts import Posts
from tests.web.site import Site


def test_what_is_being_checked_about_her_stands_on_her_page_until_it_is_decided(
    here: Posts, beside: Site
) -> None:
    beside.sign_in("p-green")
    assert 'id="advice"' not in beside.text("/code")
    proposal = here.propose("p-green")
    page = beside.text("/code?lang=en")
    assert 'id="advice"' in page
    assert "Please stay at home" in page
    assert "请" not in page.partition('id="advice"')[2][:400]
    assert here.stage.colour("p-green") == "green"
    other = beside.another()
    other.sign_in("p-red")
    assert 'id="advice"' not in other.text("/code")
    here.approve(proposal, refused=["p-green"])
    assert 'id="advice"' not in beside.text("/code")
