"""Outside a specimen: a worse colour has two frames, and the gate's page takes no less."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mingma.codes.receipt_frame import read_frame
from mingma.codes.results import REASONS, Result
from mingma.flows.cosigned import GRACE
from mingma.session import COOKIE, LIFETIME, sign_session
from tests.cosigned import Proving, proving
from tests.instances import contact, withdrawal
from tests.pictures import draw_code
from tests.web.reading import plain
from tests.web.site import Site, site
from tests.web.test_gate_page import PRIVATE, result

TOKEN = re.compile(r'id="token"[^>]*>([^<]+)<')
FRAME = re.compile(r'id="receipt-frame"[^>]*>([^<]+)<')


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Site]:
    """A visit by somebody red to an instance under a policy, its head cosigned."""
    with site(tmp_path) as made:
        made.sign_in("p-red")
        proving(made.scene).cosign()
        yield made


def frames(visit: Site, ref: str = "p-red") -> tuple[str, str]:
    shown = visit.scene.instance.show(ref, "en")
    return shown.token or "", shown.frame or ""


def gate(visit: Site, text: str = "", lang: str = "en", **pictures: bytes) -> httpx.Response:
    visit.get(f"/gate?lang={lang}")
    files = {name: (f"{name}.png", data, "image/png") for name, data in pictures.items()}
    return visit.post("/gate", files=files or None, text=text)


# -- the code page


def test_a_worse_colour_has_its_token_and_its_receipt_on_the_page(visit: Site) -> None:
    page = visit.text("/code?lang=en")
    token, frame = TOKEN.search(page), FRAME.search(page)
    assert token
    assert frame
    assert token[1].startswith("HC1:")
    short = read_frame(frame[1])
    assert short.size in visit.scene.instance.landmarks()
    assert 'id="qr-receipt"' in page
    assert "Two frames take turns" in plain(page)
    assert "/v1/me/decisions/1/receipt" in page
    assert "两帧轮流显示" in plain(visit.text("/code?lang=zh"))


def test_green_has_one_frame(tmp_path: Path) -> None:
    with site(tmp_path) as made:
        made.sign_in("p-green")
        proving(made.scene).cosign()
        page = made.text("/code?lang=en")
    assert TOKEN.search(page)
    assert "receipt-frame" not in page
    assert "qr-receipt" not in page


def test_a_specimen_has_one_frame_whatever_its_colour(tmp_path: Path) -> None:
    with site(tmp_path) as made:
        made.sign_in("p-red")
        page = made.text("/code?lang=en")
    assert TOKEN.search(page)
    assert "qr-receipt" not in page


# -- the gate's page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_texts_give_the_colour_and_nothing_private(visit: Site, lang: str) -> None:
    token, frame = frames(visit)
    answer = gate(visit, f"{token}\r\n{frame}\r\n", lang)
    words = plain(answer.text)
    assert (answer.status_code, result(answer)) == (200, Result.OK)
    assert "红码" in words
    assert "colour--red" in answer.text
    assert [one for one in PRIVATE if one in words] == []


def test_pictures_of_both_frames_give_the_colour_in_either_order(visit: Site) -> None:
    token, frame = (draw_code(one) for one in frames(visit))
    for pictures in (
        {"picture": token, "receipt": frame},
        {"picture": frame, "receipt": token},
    ):
        assert result(gate(visit, **pictures)) == Result.OK
    assert result(gate(visit, picture=token)) == Result.UNPROVEN
    assert result(gate(visit, frames(visit)[1], picture=token)) == Result.OK


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_reason_is_said_in_words_and_drawn_in_no_colour(visit: Site, lang: str) -> None:
    token, frame = frames(visit)
    yellow = frames(visit, "p-yellow")[1]
    for text, reason in (
        (token, "receipt.missing"),
        (f"{token}\nMCR1:", "receipt.unreadable"),
        (f"{token}\n{frame[:-3]}{'000' if frame[-3:] != '000' else '100'}",
         "receipt.does_not_hold"),
        (f"{token}\n{yellow}", "receipt.other_leaf"),
    ):  # fmt: skip
        answer = gate(visit, text, lang)
        words = plain(answer.text)
        assert result(answer) == Result.UNPROVEN
        said = REASONS[reason]
        assert (said.en[1:] if lang == "en" else reason) in words  # prose begins with a capital
        assert ("never green, never red" if lang == "en" else "不作红码也不作绿码") in words
        assert ("counter" if lang == "en" else "柜台") in words
        assert "colour--unknown" in answer.text
        assert "colour--red" not in answer.text


def test_the_page_loads_the_landmarks_of_its_own_instance_only(visit: Site) -> None:
    token, frame = frames(visit)
    visit.scene.instance.receipts = type(visit.scene.instance.receipts)(
        visit.scene.instance.public_log, None
    )
    answer = gate(visit, f"{token}\n{frame}")
    assert result(answer) == Result.UNPROVEN
    assert "receipt.landmark" in answer.text


def test_a_check_with_a_receipt_keeps_nothing(visit: Site) -> None:
    before = visit.counts()
    assert result(gate(visit, "\n".join(frames(visit)))) == Result.OK
    assert visit.counts() == before


def test_a_proving_instance_is_no_specimen(visit: Site) -> None:
    assert isinstance(proving(visit.scene), Proving)
    assert "Specimen: proves nothing" not in plain(gate(visit, "\n".join(frames(visit))).text)


# -- what came to nothing


def be(visit: Site, ref: str) -> None:
    """Sign in as somebody, as an identity provider would: there are no demo people here."""
    instance = visit.scene.instance
    value = sign_session(instance.session_key, ref, instance.clock() + LIFETIME)
    visit.client.cookies.set(COOKIE, value)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("作废：从未生效", "没有在十分钟内联署", "由绿码转为红码")),
        ("en", ("void: never took effect", "did not cosign", "From green to red")),
    ],
)
def test_a_void_decision_is_in_her_history_with_why(
    visit: Site, lang: str, words: tuple[str, ...]
) -> None:
    be(visit, "p-green")
    proving(visit.scene).send(contact("c9", "p-green", -26))
    visit.scene.clock.forward(GRACE // 2)
    assert words[0] not in plain(visit.text(f"/me/notices?lang={lang}"))  # it may come in time yet
    visit.scene.clock.forward(GRACE)
    proving(visit.scene).cosign()
    for path in (f"/me/notices?lang={lang}", "/code"):
        page = visit.text(path)
        assert "mark--red" not in page
        for said in words:
            assert said in plain(page), (path, said)
        assert re.search(r'class="void".*?href="/log/\d+"', page, re.DOTALL)


def test_what_took_effect_is_never_called_void(visit: Site) -> None:
    visit.scene.clock.forward(2 * GRACE)
    proving(visit.scene).send(withdrawal("c2", subject="p-red", hours=3.2))
    visit.scene.clock.forward(2 * GRACE)
    proving(visit.scene).cosign()  # too late, and what is better shows at once all the same
    assert "colour--green" in visit.text("/code")
    assert "never took effect" not in plain(visit.text("/me/notices?lang=en"))
