"""A rule, an area list or an emergency that is gone takes its colours with it."""

from __future__ import annotations

from dataclasses import replace

from mingma.evidence.areas.listings import parse_listings
from mingma.evidence.areas.matching import AreaHistory
from mingma.kernel.times import DAY, Instant
from mingma.shelf import load_pack
from mingma.shipped import divisions
from tests.instances import NOW, Stage, at, contact

HEADER = "level,province,city,county,community,first_seen,gone_by\n"


def with_packs(scene: Stage, *ids: str, areas: AreaHistory | None = None) -> None:
    old = scene.instance.context
    packs = tuple(load_pack(id) for id in ids)
    scene.instance.context = replace(old, packs=packs, areas=areas)


def listed(place: str) -> AreaHistory:
    row = f"H,河南省,郑州市,中原区,{place},{at(-100)},\n"
    return AreaHistory.of(parse_listings([HEADER, row], "areas"), divisions())


def test_a_finding_under_a_pack_that_is_gone_falls_before_anybody_decides(scene: Stage) -> None:
    scene.send(contact("c1"))
    assert scene.colour("p-ann") == "red"
    with_packs(scene, "cn-fujian-2022-08-20")
    assert scene.colour("p-ann") == "green"


def test_new_packs_decide_everybody_anew_once(scene: Stage) -> None:
    scene.send(contact("c1"), contact("c2", subject="p-bob"))
    assert scene.instance.catch_up() == 0  # the first time only notes what is in force
    with_packs(scene, "cn-fujian-2022-08-20")
    assert scene.instance.catch_up() == 2
    assert scene.instance.catch_up() == 0
    assert scene.colour("p-ann") == "red"
    with scene.instance.store.read() as unit:
        decision = unit.decisions_in_force(["p-ann"])["p-ann"]
        assert [ref.id for ref in decision.packs] == ["cn-fujian-2022-08-20"]


def test_a_new_area_list_reaches_the_people_it_matches_and_nobody_else(scene: Stage) -> None:
    stay = {"kind": "area_stay", "at": at(-72), "region": "410102", "data": {}}
    scene.send(
        {**stay, "id": "s1", "subject": "p-ann", "place": "一号社区"},
        {**stay, "id": "s2", "subject": "p-bob", "place": "二号社区"},
    )
    scene.instance.catch_up()
    with_packs(scene, "cn-henan-2021-08", areas=listed("一号社区"))
    assert scene.instance.catch_up() == 1
    assert (scene.colour("p-ann"), scene.colour("p-bob")) == ("red", "green")


def test_an_emergency_ended_early_ends_every_code_at_once(scene: Stage) -> None:
    scene.send(contact("c1"))
    with scene.instance.store.write() as unit:
        emergency = unit.emergency_at(NOW)
        assert emergency is not None
        unit.end_emergency(emergency.id, NOW)
    scene.clock.forward(1)
    shown = scene.instance.show("p-ann", "zh")
    assert (shown.colour.value, shown.token, shown.lapsed) == ("unknown", None, True)


def test_what_stands_keeps_the_spans_of_packs_in_force_only(scene: Stage) -> None:
    with_packs(scene, "cn-henan-2021-08", "cn-fujian-2022-08-20")
    scene.send(contact("c1"))
    with scene.instance.store.read() as unit:
        decision = unit.decisions_in_force(["p-ann"])["p-ann"]
    fujian = [ref for ref in decision.packs if "fujian" in ref.id]
    left = decision.standing(fujian, decision.emergency)
    assert {span.pack for span in left.spans} == {"cn-fujian-2022-08-20"}
    assert left == replace(decision, spans=left.spans)
    assert decision.standing([], None).colour_at(Instant(NOW + DAY)).value == "unknown"
