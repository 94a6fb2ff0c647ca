"""Every route has a line that says who may call it, and turns away everybody else."""

from __future__ import annotations

import re

import pytest
from litestar import Litestar

from tests.api.asking import Client
from tests.routes import LINES, Line

PARAMETER, NAME = re.compile(r"{(\w+):\w+}"), r"{\1}"
AUTOMATIC = {"OPTIONS", "HEAD"}
CALLERS = {"everyone", "source", "officer", "herself", "desk", "development"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def served(app: Litestar) -> list[str]:
    """METHOD /path of every route."""
    return sorted(
        f"{method} {PARAMETER.sub(NAME, route.path)}"
        for route in app.routes
        for method in set(getattr(route, "methods", {"ASGI"})) - AUTOMATIC
    )


def test_every_route_has_its_line_and_every_line_its_route(app: Litestar) -> None:
    assert sorted(map(str, LINES)) == served(app)


def test_every_line_names_a_known_caller() -> None:
    assert {line.who for line in LINES} == CALLERS


@pytest.mark.parametrize("line", [x for x in LINES if x.who != "everyone"], ids=str)
def test_a_route_turns_away_who_may_not_call_it(client: Client, line: Line) -> None:
    path = re.sub(r"{\w+}", "0" * 64, line.path)
    program = path.startswith("/v1")
    headers = {} if program else {"Accept": "text/html"}
    if not program and line.method == "POST":
        headers |= FORM
    response = client.http.request(line.method, path, headers=headers, follow_redirects=False)
    wanted = {
        "source": {401},
        "officer": {400, 401},
        "herself": {401} if program else {401, 303},
        "desk": {401, 403, 303},
        "development": {400, 403},  # it is there, and wants to know whom
    }[line.who]
    assert response.status_code in wanted, response.text


@pytest.mark.parametrize("line", [x for x in LINES if x.who == "everyone"], ids=str)
def test_what_everyone_may_call_asks_nobody_to_sign_in(client: Client, line: Line) -> None:
    path = re.sub(r"{\w+}", "0", line.path)
    response = client.http.request(line.method, path)
    assert response.status_code not in {401, 405, 500}, response.text


@pytest.mark.parametrize("line", [x for x in LINES if x.writes == "–"], ids=str)
def test_what_writes_nothing_has_no_unit_that_writes(
    client: Client, monkeypatch: pytest.MonkeyPatch, line: Line
) -> None:
    from mingma.storage.memory import MemoryStore

    def refuse(*_: object) -> None:
        raise AssertionError("a unit that writes")

    monkeypatch.setattr(MemoryStore, "write", refuse)
    path = re.sub(r"{\w+}", "0", line.path)
    assert client.http.request(line.method, path).status_code != 500
