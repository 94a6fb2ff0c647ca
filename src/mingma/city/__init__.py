"""A made-up city: seeded people, and the records a real one would send.

Chance is allowed here, through seeded generators only; no clock. Nothing in it is a real person:
names and numbers are of forms that are issued to nobody (identity.py). Only the names of listed
places are real, as published (places.json). generate.py says what is in a city's folder.
"""

from __future__ import annotations

from mingma.city.generate import generate
from mingma.city.plan import FROZEN, CityPlan, Habits, plan_city
from mingma.city.read import City, Resident, read_city, shipped_city

__all__ = [
    "FROZEN",
    "City",
    "CityPlan",
    "Habits",
    "Resident",
    "generate",
    "plan_city",
    "read_city",
    "shipped_city",
]
