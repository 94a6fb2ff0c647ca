"""The trust policy an instance stands under, from its file; once there was one, never none.

Without a policy an instance is a specimen and proves nothing. That must not be a way back: the
second head file remembers that there was a policy, and so does the database: an instance that ever
had one does not start without. A policy may be replaced by another that names this log and asks for
witnesses.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from mingma.flows.cosigned import COSIGNED
from mingma.flows.publish_policy import POLICY
from mingma.flows.second_head import SecondHead
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.ledger import independence
from mingma.ledger.note import KeyType, VerifierKey
from mingma.ledger.policy import MAX_POLICY, Policy, PolicyUnreadable, parse_policy
from mingma.ports import Unit


class PolicyMissing(Malformed):
    """A file of the trust policy that cannot be opened."""

    slug = "policy.missing"
    zh = "打不开信任策略文件"
    en = "the trust policy's file cannot be opened"
    remedy_zh = "请核对设置 policy 所写的路径与权限"
    remedy_en = "check the path in the setting `policy`, and its rights"


class PolicyGone(Refused):
    """An instance that had a trust policy was started without one."""

    slug = "policy.gone"
    zh = "本实例曾设有信任策略,不得退回样本模式"
    en = "this instance had a trust policy: it does not go back to being a specimen"
    remedy_zh = "请在设置 policy 中写明信任策略文件;样本请另用密钥文件夹"
    remedy_en = "name the policy's file in the setting `policy`; a specimen takes other keys"


class PolicyUnfit(Refused):
    """A trust policy that this instance cannot stand under. `why` is one of log, quorum,
    independence.
    """

    slug = "policy.unfit"
    zh = "信任策略不适用于本实例(`{why}`)"
    en = "this instance cannot stand under the trust policy (`{why}`)"
    remedy_zh = (
        "策略须列有本日志的公钥(log.vkey),法定数须要求 Ed25519 见证方;"
        "独立性见 mingma witness policy"
    )
    remedy_en = (
        "it must list this log's key (log.vkey), and its quorum ask for Ed25519 witnesses;"
        " what independence lacks, `mingma witness policy` says"
    )


def load_policy(
    place: str, log: VerifierKey, remembered: SecondHead, *, independent: bool = False
) -> Policy | None:
    """The policy in a file, remembered from now on; None for a specimen that never had one.

    `independent`: refuse one whose quorum one hierarchy could be (`ledger/independence`).
    """
    if not place:
        if remembered.read().policy is not None:
            raise PolicyGone
        return None
    try:
        with Path(place).open("rb") as file:
            data = file.read(MAX_POLICY + 1)
    except OSError:
        raise PolicyMissing(Place(place)) from None
    try:
        policy = parse_policy(data)
    except PolicyUnreadable as refusal:
        raise refusal.at(file=place) from None
    _must_fit(policy, log, place)
    if independent and independence.lacks(policy):
        raise PolicyUnfit(Place(place), why="independence")
    remembered.remember_policy(sha256(data).digest())
    return policy


def must_never_have_had_one(unit: Unit) -> None:
    """Raise PolicyGone if a policy was published in the log, or met by a head of it."""
    if any(unit.last_record(kind, "") is not None for kind in (POLICY, COSIGNED)):
        raise PolicyGone


def _must_fit(policy: Policy, log: VerifierKey, place: str) -> None:
    if log not in {one.key for one in policy.logs}:
        raise PolicyUnfit(Place(place), why="log")
    classical = [one.key for one in policy.witnesses if one.key.type is KeyType.ED25519_COSIGNATURE]
    if policy.is_met_by([]) or not policy.is_met_by(classical):
        raise PolicyUnfit(Place(place), why="quorum")
