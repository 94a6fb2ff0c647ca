"""Friendly advice stands on the person's own page, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from mingma.serving import create_app
from tests.posts import Posts, posts
from tests.web.site import Site, people_on


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        people_on(made.stage)
        yield made


@pytest.fixture
def visit(here: Posts) -> Iterator[Site]:
    app = create_app(here.stage.instance)
    with TestClient(app) as client:
        yield Site(here.stage, app, client)


def test_what_is_being_checked_about_her_stands_on_her_page_until_it_is_decided(
    here: Posts, visit: Site
) -> None:
    visit.sign_in("p-green")
    assert 'id="advice"' not in visit.text("/code")
    proposal = here.propose("p-green")
    page = visit.text("/code?lang=en")
    assert 'id="advice"' in page
    assert "Please stay at home" in page
    assert "请" not in page.partition('id="advice"')[2][:400]
    assert here.stage.colour("p-green") == "green"
    other = visit.another()
    other.sign_in("p-red")
    assert 'id="advice"' not in other.text("/code")
    here.approve(proposal, refused=["p-green"])
    assert 'id="advice"' not in visit.text("/code")
