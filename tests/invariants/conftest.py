"""The promises are checked on whole instances in memory."""

from tests.flows.conftest import calm, scene

__all__ = ["calm", "scene"]
