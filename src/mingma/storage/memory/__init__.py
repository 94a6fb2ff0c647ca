"""A store in this process's memory: for tests, and for a look around.

Trusted – whoever can modify the process can change everything, and all is gone when it ends.
"""

from __future__ import annotations

from mingma.storage.memory.store import MemoryStore

__all__ = ["MemoryStore"]
