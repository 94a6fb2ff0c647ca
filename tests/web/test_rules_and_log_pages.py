"""The rules in readable form, the log, the start page, and what is said when something is wrong."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.ledger.tree import leaf_hash, verify_inclusion
from mingma.rules.grounds import REASONS
from mingma.shelf import load_pack, pack_ids
from mingma.web.typeset import prose, typeset
from tests.web.reading import plain, read
from tests.web.site import Site, site


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One instance for the module: these tests only read."""
    with site(tmp_path_factory.mktemp("library")) as made:
        yield made


@pytest.fixture
def library(shared: Site) -> Site:
    """A visit of its own."""
    return shared.another()


def test_every_shipped_pack_is_listed_with_those_in_force_first(library: Site) -> None:
    page = library.text("/packs")
    places = {id: page.index(f"/packs/{id}") for id in pack_ids()}
    assert min(places, key=lambda id: places[id]) == "cn-henan-2021-08"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("id", pack_ids())
def test_a_pack_shows_its_law_sources_silences_and_what_it_withholds(
    library: Site, id: str, lang: str
) -> None:
    pack = load_pack(id)
    words = squeezed(plain(library.text(f"/packs/{id}?lang={lang}")))
    assert typeset(squeezed(pack.authority)) in typeset(words)
    for clause in pack.clauses:
        assert squeezed(typeset(clause.basis.text)) in words, clause.id
        assert clause.id in words
        assert squeezed(prose(lang, clause.way_out.get(lang))) in words
        for one in clause.unencoded:
            reason = REASONS[one.reason][lang == "en"]
            assert squeezed(prose(lang, reason)) in words
            assert squeezed(prose(lang, one.why.get(lang))) in words
    for ground in pack.grounds:
        if ground.narrowed:
            reason = REASONS[ground.narrowed["reason"]][lang == "en"]
            assert squeezed(prose(lang, reason)) in words
    for silence in pack.silent:
        assert squeezed(prose(lang, silence.get(lang))) in words
    for name, (grade, where) in pack.sources.items():
        assert f"{name}{grade}{squeezed(where)}" in words


def test_a_clause_is_read_out_with_its_phases(library: Site) -> None:
    words = plain(library.text("/packs/cn-henan-2021-08?lang=en"))
    assert "Investigation finding (relation is close contact)" in words
    assert "central quarantine" in words
    assert "Days 1 to 7" in words


def test_a_pack_that_is_not_there_is_not_found(library: Site) -> None:
    for id in ("cn-nowhere", "%2e%2e%2fsecret", "cn-henan-2021-08/rules", "never-red.yaml"):
        assert library.get(f"/packs/{id}").status_code == 404


def test_sources_are_told_and_not_linked(library: Site) -> None:
    page = read(library.text("/packs/cn-henan-2021-08"))
    assert [link for link in page.links if "://" in link] == []


def test_the_log_shows_size_root_and_the_latest_entries(library: Site) -> None:
    with library.scene.instance.store.read() as unit:
        size, _ = unit.head()
    words = plain(library.text("/log"))
    assert f"条目数 {size}" in words
    assert "判定" in words
    assert "宣布应急状态" in words
    assert f"/log/{size - 1}" in library.text("/log")


def test_an_entry_comes_with_a_proof_that_holds(library: Site) -> None:
    tree = library.scene.instance.log.tree
    page = library.text("/log/2")
    hashes = [
        base64.urlsafe_b64decode(part.split("</code>")[0] + "=")
        for part in page.split('<li><code class="hash">')[1:]
    ]
    with library.scene.instance.store.read() as unit:
        entry = unit.leaves(2, 3)[0]
    assert entry.decode() in plain(page)
    verify_inclusion(leaf_hash(entry), 2, tree.size, hashes, tree.root())


def test_an_entry_that_is_not_there_is_not_found(library: Site) -> None:
    for index in ("99999", "-1", "x"):
        assert library.get(f"/log/{index}").status_code == 404


@pytest.mark.parametrize(("before", "shown"), [(3, [2, 1, 0]), (0, []), (-5, []), (10**12, None)])
def test_the_log_is_read_page_by_page(library: Site, before: int, shown: list[int] | None) -> None:
    page = library.text(f"/log?before={before}")
    found = [int(link.removeprefix("/log/")) for link in read(page).links if "/log/" in link]
    assert shown is None or found == shown


def test_before_the_first_entry_the_log_is_not_called_empty(library: Site) -> None:
    page = library.text("/log?before=-5")
    assert "没有更早的条目" in page
    assert "日志还是空的" not in page
    assert any(link.startswith("/log?before=") for link in read(page).links)


def test_a_number_that_is_none_is_refused_in_words(library: Site) -> None:
    answer = library.get("/log?before=x")
    assert answer.status_code == 400
    assert "<h1>没有读懂这次提交</h1>" in answer.text


def test_the_log_says_nothing_of_anybody(library: Site) -> None:
    for path in ("/log", "/log/2", "/log/3"):
        for one in ("p-red", "W*"):
            assert one not in library.text(path)


def test_the_start_page_says_what_it_is_and_what_is_in_force(library: Site) -> None:
    words = plain(library.text("/"))
    for said in ("没有人能给您赋码", "传染病防治法第四十三条", "登记的人 4", "这是一个样本"):
        assert said in words, said


def test_the_start_page_says_when_no_emergency_is_declared(tmp_path: Path) -> None:
    with site(tmp_path, emergency=False) as visit:
        assert "没有已宣布的应急状态" in plain(visit.text("/"))


# -- when something is wrong


@pytest.mark.parametrize("path", ["/nowhere", "/code/x", "/static/none.js", "/static/../texts.py"])
def test_a_page_that_is_not_there_says_so_in_words(library: Site, path: str) -> None:
    answer = library.get(path)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


def test_an_address_used_in_the_wrong_way_says_so_in_words(library: Site) -> None:
    answer = library.client.post("/packs", headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert "这个地址不能这样访问" in answer.text


def test_a_failure_of_ours_shows_no_trace_and_worsens_nothing(
    library: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    one = library.another()
    one.sign_in("p-red")
    monkeypatch.setattr(type(library.scene.instance), "show", fail)
    with caplog.at_level(logging.ERROR):
        answer = one.get("/code")
    assert answer.status_code == 500
    assert "您的码不会因此变差" in plain(answer.text)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "the secret inside" in caplog.text
