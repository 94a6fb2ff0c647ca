"""One small city for all tests that only look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mingma.city import City, CityPlan, generate, plan_city, read_city
from mingma.city.epidemic import Infected, spread
from mingma.city.population import Population, populate

PLAN = plan_city(people=2_000, days=14, seed=20221016)


@dataclass(frozen=True, slots=True)
class Made:
    """A city in its folder, its facts read once, and the truth behind them."""

    plan: CityPlan
    city: City
    facts: list[dict[str, Any]]
    population: Population
    cases: list[Infected]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The facts of one kind."""
        return [fact for fact in self.facts if fact["kind"] == kind]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The city of PLAN."""
    folder = tmp_path_factory.mktemp("cities") / "small"
    generate(PLAN, folder)
    city = read_city(folder)
    population = populate(PLAN)
    return Made(PLAN, city, list(city.facts()), population, spread(PLAN, population))
