"""One's own bundle is for oneself, and holds."""

from __future__ import annotations

from mingma.codes.bundle import check_bundle, parse_bundle
from mingma.ledger.policy import parse_policy
from tests.api.asking import Client, problem
from tests.instances import Stage, contact


def test_one_s_own_bundle_is_a_file_that_holds(client: Client, scene: Stage) -> None:
    client.send_records(
        {**contact(), "kind": "infection", "data": {"class": "confirmed", "sample": "s-1"}}
    )
    problem(client.get("/v1/me/bundle"), 401, "session.none")
    client.sign_in("p-ann")
    response = client.get("/v1/me/bundle")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert "mingma-bundle.json" in response.headers["content-disposition"]
    bundle, seal = parse_bundle(response.content)
    assert (bundle.subject, len(bundle.events)) == ("p-ann", 2)
    assert list(check_bundle(bundle, seal, parse_policy(bundle.policy.encode()))) == []
