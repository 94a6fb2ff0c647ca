"""Which file does which act: the one table behind the door.

An act that is not here is not done; one that nobody has (`never`) is refused by the policies.
"""

from __future__ import annotations

from typing import Final

from mingma.authority.acts import Act
from mingma.flows import give_grant, put_roster, replace_passkey
from mingma.flows.act_case import Prepare

HANDLERS: Final[dict[Act, Prepare]] = {
    Act.GIVE_GRANT: give_grant.prepare,
    Act.END_GRANT: give_grant.prepare_end,
    Act.REPLACE_PASSKEY: replace_passkey.prepare,
    Act.PUT_ROSTER: put_roster.prepare,
}
