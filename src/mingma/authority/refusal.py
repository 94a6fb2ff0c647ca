"""An answer of the engine that is a no, as a refusal in words with every reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mingma.authority.acts import Act
from mingma.authority.rails import REASONS
from mingma.authority.request import Answer, PolicyEngine, Request
from mingma.kernel.errors import Refused

NO_POWER: Final = ("任何策略都没有赋予此项权限", "no policy gives this power")
UNREADABLE: Final = (
    "请求的事实不合格式,按拒绝处理",
    "the facts of the request do not fit, so it is refused",
)


class NotAllowed(Refused):
    """An act refused by the policies of powers; `policies` are the rails that refused it."""

    slug = "authority.not_allowed"
    zh = "不得为此({act}):{why_zh}"
    en = "this may not be done (`{act}`): {why_en}"
    remedy_zh = "权限见 docs/powers.md;被拒绝的尝试已公开留痕,不涉及个人"
    remedy_en = "docs/powers.md lists who may; the refused attempt is in the public log, unnamed"

    @property
    def policies(self) -> tuple[str, ...]:
        """The ids that the attempt's leaf names."""
        return tuple(str(self.details["policies"]).split())


def require(engine: PolicyEngine, request: Request) -> Answer:
    """The answer, if it allows; raises NotAllowed with every reason otherwise."""
    answer = engine.decide(request)
    if not answer.allowed:
        raise refusal(request.act, answer)
    return answer


def refusal(act: Act, answer: Answer) -> NotAllowed:
    """A refused answer in words."""
    why = list(reasons(answer))
    return NotAllowed(
        act=act.value,
        why_zh=";".join(zh for zh, _ in why),
        why_en="; ".join(en for _, en in why),
        policies=" ".join(answer.policies),
    )


def reasons(answer: Answer) -> Iterable[tuple[str, str]]:
    """Why, in Chinese and English: each rail that refused, or that nobody gave the power."""
    if answer.errors:
        yield UNREADABLE
    for policy in answer.policies:
        if policy in REASONS:
            yield REASONS[policy].zh, REASONS[policy].en
    if not answer.errors and not answer.policies:
        yield NO_POWER
