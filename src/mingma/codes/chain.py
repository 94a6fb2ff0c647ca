"""The rotating proof of a shown token: a hash chain that moves every 30 seconds (T/Key).

The phone draws x[0] and hashes it N times; the token carries the end of the chain, the anchor. At
step k the phone shows x[N-k], which nobody can reckon from what was shown before. A photograph is
dead after a step; neither issuer nor checker holds a secret.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

STEP: Final = 30  # seconds
VALUE_SIZE: Final = 16
TOLERANCE: Final = 1  # steps before or after the checker's clock


def link(credential: bytes, position: int, value: bytes) -> bytes:
    """One step towards the anchor."""
    return sha256(credential + position.to_bytes(4, "big") + value).digest()[:VALUE_SIZE]


def step_at(issued_at: int, now: int) -> int:
    """The step a phone shows at an instant. Step 0 would show the anchor, which is public."""
    return 1 + (now - issued_at) // STEP


def holds(
    credential: bytes,
    anchor: bytes,
    lifetime: tuple[int, int],
    now: int,
    shown: tuple[int, bytes],
) -> bool:
    """Whether (step, value) is what the phone with this anchor shows now."""
    issued_at, expires_at = lifetime
    step, value = shown
    steps = (expires_at - issued_at) // STEP
    # Bounded before hashing: a token may not make a checker walk further than its own lifetime.
    if not 1 <= step <= steps or abs(step - step_at(issued_at, now)) > TOLERANCE:
        return False
    for position in range(step, 0, -1):
        value = link(credential, position, value)
    return value == anchor
