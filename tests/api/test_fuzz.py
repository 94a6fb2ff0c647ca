"""Whatever comes in, the answer is a yes or a no: never a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from mingma.evidence.admit import FIELDS
from mingma.evidence.channels import KINDS
from tests.api.asking import JSON, NDJSON, PARQUET, Client, parquet
from tests.instances import Stage, contact, ndjson, sample, stage

EXAMPLES = settings(max_examples=120, suppress_health_check=list(HealthCheck))

texts = st.text(max_size=12) | st.sampled_from(
    ["2022-06-14T09:00:00+08:00", "410100", "positive", "pcr", "close", "\ud800", "\0", "9" * 18]
)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(sorted(KINDS))
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([*FIELDS, "identity", "assay", "result", "reported_at", "of", "colour"])
DATA = sorted({name for kind in KINDS.values() for name in kind.__struct_encode_fields__})


@st.composite
def records(draw: st.DrawFn) -> Any:
    """A good record with a few things changed, or anything at all."""
    if draw(st.booleans()):
        return draw(values)
    record = dict(draw(st.sampled_from([sample(), contact()])))
    record["id"] = draw(st.sampled_from("abcdefgh"))
    for name in draw(st.lists(names, max_size=2)):
        record[name] = draw(values)
    if draw(st.booleans()):
        record["kind"] = draw(st.sampled_from(sorted(KINDS)))
        record["data"] = draw(st.dictionaries(st.sampled_from(DATA), values, max_size=4))
    return record


@st.composite
def torn(draw: st.DrawFn, whole: bytes) -> bytes:
    """A good body with a few bytes changed, cut out or put in."""
    body = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        body[start : start + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(body)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("fuzz")) as made:
        yield made


@pytest.fixture(scope="module")
def client(app: Litestar, scene: Stage) -> Iterator[Client]:
    app.state.instance = scene.instance
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Client(http)


def answered(client: Client, body: bytes, media: str, source: str = "demo") -> None:
    """Send it; the answer is 200 or 4xx, in form, and the batch can be asked about."""
    response = client.send(body, media, source)
    if response.status_code == 200:
        answer = response.json()
        assert answer["received"] == answer["admitted"] + answer["refused"]
        assert all(refusal["message"] for refusal in answer["refusals"])
        assert client.ask(answer["refused_url"], source).status_code == 200
    else:
        assert 400 <= response.status_code < 500, response.text
        assert response.headers["content-type"] == "application/problem+json"


@EXAMPLES
@given(body=st.binary(max_size=300), media=st.sampled_from([JSON, NDJSON, PARQUET]))
def test_any_bytes_are_answered(client: Client, body: bytes, media: str) -> None:
    answered(client, body, media)


@EXAMPLES
@given(found=st.lists(records(), max_size=5))
def test_any_records_are_answered(client: Client, found: list[Any]) -> None:
    answered(client, b"".join(json.dumps(one).encode() + b"\n" for one in found), NDJSON)


@EXAMPLES
@given(body=torn(ndjson([sample("x"), contact("y"), sample("z", subject="p-bob")])))
def test_any_torn_lines_are_answered(client: Client, body: bytes) -> None:
    answered(client, body, NDJSON)


@EXAMPLES
@given(body=torn(parquet([{**sample(str(n)), "data": "{}"} for n in range(4)])))
def test_any_torn_parquet_is_answered(client: Client, body: bytes) -> None:
    answered(client, body, PARQUET)


@EXAMPLES
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            dict.fromkeys(("id", "kind", "subject", "at"), texts),
            optional={"data": texts, "place": texts},
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_rows_are_answered(client: Client, rows: list[dict[str, Any]]) -> None:
    clean = [{k: v.replace("\ud800", "") for k, v in row.items()} for row in rows]
    answered(client, parquet(clean), PARQUET)


@EXAMPLES
@given(text=st.text(max_size=200) | st.text("0123456789ABCDEFHC:", max_size=200))
def test_any_text_shown_at_a_gate_is_a_result(client: Client, text: str) -> None:
    try:
        body = json.dumps({"text": text}).encode()
    except UnicodeEncodeError:
        return
    headers = {"Content-Type": "application/json"}
    response = client.http.post("/v1/token/check", content=body, headers=headers)
    assert response.status_code in {200, 400}, response.text


@EXAMPLES
@given(
    target=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
    headers=st.dictionaries(
        st.sampled_from(["Mingma-Source", "Mingma-Signature", "Mingma-Date", "Cookie", "Accept"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
        max_size=4,
    ),
)
def test_any_question_is_answered(client: Client, target: str, headers: dict[str, str]) -> None:
    path = "/v1/evidence/batches/" + target.replace("#", "").replace("?", "")
    response = client.http.get(path, headers=headers)
    assert 400 <= response.status_code < 500, response.text
