"""How the tests ask: signed evidence, signed questions, a session."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from litestar.testing import TestClient

from tests.instances import KEYS, ndjson, signature

JSON = "application/json"
NDJSON = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"


class Client:
    """A client of the app under test."""

    def __init__(self, http: TestClient[Any]) -> None:
        self.http = http

    def send(
        self, body: bytes, media: str = NDJSON, source: str = "lab-1", **headers: str
    ) -> httpx.Response:
        """Send an envelope that the source signed."""
        signed = {
            "Mingma-Source": source,
            "Mingma-Signature": signature(body, source),
            "Content-Type": media,
        }
        return self.http.post("/v1/evidence", content=body, headers={**signed, **headers})

    def send_records(self, *records: Mapping[str, Any], source: str = "lab-1") -> dict[str, Any]:
        """Send records that make a good envelope; gives the answer."""
        response = self.send(ndjson(records), source=source)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def ask(self, target: str, source: str = "lab-1", date: str | None = None) -> httpx.Response:
        """Ask a signed question."""
        date = date or "2022-06-14T12:00:00+08:00"
        signed = KEYS[source].sign(f"GET {target}\n{date}".encode())
        headers = {
            "Mingma-Source": source,
            "Mingma-Signature": base64.b64encode(signed).decode(),
            "Mingma-Date": date,
        }
        return self.http.get(target, headers=headers)

    def sign_in(self, ref: str) -> None:
        """Be somebody from now on."""
        response = self.http.post("/v1/session/development", json={"subject": ref})
        assert response.status_code == 200, response.text

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)


def parquet(records: list[dict[str, Any]], **types: pa.DataType) -> bytes:
    """Records as a Parquet file of text columns, or of other types where named."""
    names = sorted({name for record in records for name in record})
    table = pa.table(
        {
            name: pa.array([r.get(name) for r in records], type=types.get(name, pa.string()))
            for name in names
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem details of a refusal, whole and in form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert list(found) == ["type", "title", "status", "detail", "slug", "file", "line", "field"]
    assert (found["slug"], found["type"], found["status"]) == (slug, f"urn:mingma:{slug}", status)
    assert found["title"]
    assert found["detail"]  # a remedy
    return found
