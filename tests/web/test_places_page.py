"""The place policy as a citizen reads it."""

from __future__ import annotations

from mingma.authority.places import PROTECTED, TITLES, PlaceClass
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
