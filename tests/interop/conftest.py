"""The log that is judged, made once for all tests here."""

from __future__ import annotations

import pytest

from tests.interop.logs import SIZES, SMALL, Exported, export


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Exported]:
    """The log at four sizes around its first full tile."""
    return {one.size: one for one in export(tmp_path_factory.mktemp("small"), SMALL)}


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Exported]:
    """The log at every size, one with three levels of tiles among them."""
    return {one.size: one for one in export(tmp_path_factory.mktemp("logs"), SIZES)}
