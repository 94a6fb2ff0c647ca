"""In which posts a leaf of each kind is written: by the acts that write it, and whose those are.

The audit of public leaves holds the post of a grant (`what`) against this. A kind that is not here
is written without a grant, or, an `attempt`, by anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mingma.authority.acts import Act
from mingma.authority.powers import powers_over
from mingma.ledger.leaf import Kind

_A: Final = Act
_PROPOSALS: Final = (_A.PROPOSE_MARK, _A.PROPOSE_CONTACTS, _A.PROPOSE_NOTICE)
_ANSWERS: Final = (_A.ANSWER_APPEAL, _A.REVIEW_INFECTION)
_APPROVALS: Final = (_A.APPROVE, _A.APPROVE_SECOND)
WRITTEN_BY: Final[Mapping[Kind, tuple[Act, ...]]] = {
    Kind.DECISION: (*_APPROVALS, _A.APPROVE_RELEASE, *_ANSWERS),
    Kind.EMERGENCY_DECLARE: (_A.DECLARE_EMERGENCY, _A.RENEW_EMERGENCY),
    Kind.EMERGENCY_END: (_A.END_EMERGENCY,),
    Kind.MARK_PROPOSE: _PROPOSALS,
    Kind.BATCH_OPEN: _PROPOSALS,
    Kind.MARK_APPROVE: _APPROVALS,
    Kind.MARK_REVOKE: (_A.APPROVE_RELEASE,),
    Kind.APPEAL_DECIDE: _ANSWERS,
    Kind.CASE_OPEN: (_A.OPEN_CASE,),
    Kind.ORDER_MAKE: (_A.ORDER_ISOLATION,),
    Kind.ORDER_END: (_A.END_ORDER,),
    Kind.RULE_PUBLISH: (_A.DRAFT_RULE, _A.PROPOSE_AREA, _A.APPROVE_PLACE_POLICY),
    Kind.RULE_APPROVE: (_A.APPROVE_RULE, _A.APPROVE_AREA),
    Kind.RULE_ACTIVATE: (_A.ACTIVATE_RULE,),
    Kind.RULE_WITHDRAW: (_A.WITHDRAW_RULE,),
    Kind.GRANT_GIVE: (_A.GIVE_GRANT,),
    Kind.GRANT_END: (_A.END_GRANT,),
    Kind.ROSTER_PUT: (_A.PUT_ROSTER,),
    Kind.KEY_ROTATE: (_A.GIVE_GRANT, _A.REPLACE_PASSKEY, _A.ROTATE_KEY),
    Kind.LOG_POLICY: (_A.ROTATE_KEY,),
    Kind.LOSS_ACCEPT: (_A.RESTORE_BACKUP,),
}
LEAF_POSTS: Final[Mapping[Kind, frozenset[str]]] = {
    kind: frozenset(
        post.value for act in acts for power in powers_over(act) for post in power.posts
    )
    for kind, acts in WRITTEN_BY.items()
}
