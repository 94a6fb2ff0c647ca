"""Trust policies of several hierarchies of witnesses."""

from __future__ import annotations

from mingma.ledger.note import KeyType
from tests.unit.ledger.published import ed25519, mldsa44

LOG, _ = ed25519(b"l" * 32, "ledger.henan.example/codes", KeyType.ED25519)
HOUSES = ("hebei.gov.cn", "hubei.gov.cn", "audit.example", "press.example", "citizens.example")
ONE_EACH = {domain.split(".")[0]: (domain,) for domain in HOUSES}


def policy(groups: dict[str, tuple[str, ...]], quorum: str, *, needs: str = "any") -> bytes:
    """Hierarchies of so many witnesses at these domains, and the quorum's line."""
    lines, members = [f"log {LOG}"], []
    for name, domains in groups.items():
        for n, domain in enumerate(domains):
            at, seed = f"witness.{domain}/w{n}", f"{name}{n}".encode().ljust(32)
            lines.append(f"witness {name}-{n} {ed25519(seed, at, KeyType.ED25519_COSIGNATURE)[0]}")
            lines.append(f"witness {name}-{n}pq {mldsa44(seed, at)[0]}")
        names = " ".join(f"{name}-{n}" for n in range(len(domains)))
        lines.append(f"group {name} {needs} {names}")
        members.append(name)
    return "\n".join([*lines, f"group top {quorum} {' '.join(members)}", "quorum top", ""]).encode()
