"""Silence decides for the person: what appeals took away stops counting, whoever runs.

Nothing has to run for it. What stands for or against a person is read with a withdrawal for every
fact that an appeal took away, and for every copy of one, whether or not it is on record yet
(`with_withdrawals`). The next act that touches her puts it on record, with its leaf `appeal.lapse`
(`settle_lapsed`); the records then say what the reading said before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from mingma.appeals.appeal import Event, Filed, Happened, State, fallen
from mingma.appeals.shield import copies
from mingma.evidence.channels import Withdrawal
from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.kept_appeals import appeals_of, keep_event
from mingma.flows.log_time import log_time
from mingma.flows.receive_evidence_digest import digest_of
from mingma.kernel.times import Instant
from mingma.ledger.commitment import commitment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Outgoing, Person, Received, Unit

SOURCE: Final = "appeals"  # the system source of withdrawals that appeals bring
