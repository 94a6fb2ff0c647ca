"""What an act is about, and the circumstances it is done in: the facts that powers are asked over.

The fields are facts that flows computed and that anybody can compute again from the log; the
policies say what follows from them. Colour and clause are here only as `worsens`,
`ground_sufficient` and `clause_digest`. Every circumstance has the value that permits least, so
that a fact nobody established never helps.

INVARIANT: field names and types are those of policies/mingma.cedarschema: what differs is refused,
and the grid of the tests asks about every kind of matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mingma.authority.organs import NATION, Line, Organ, OrganKind
from mingma.authority.posts import Officer, Post


class Status(StrEnum):
    """How far a proposal is."""

    DRAFT = "draft"
    FIRST = "first"  # the first of two approvals is there
    APPROVED = "approved"
    VOID = "void"


class Service(StrEnum):
    """Our own services; none of them proposes or approves."""

    EXECUTOR = "executor"
    RECOGNITION = "recognition"


@dataclass(frozen=True, slots=True)
class Actor:
    """An officer at work: in which organ, on duty or not, with a hardware passkey or not."""

    officer: Officer
    organ: Organ
    passkey: bool = False
    on_duty: bool = False

    @property
    def post(self) -> Post:
        """The officer's post."""
        return self.officer.post


@dataclass(frozen=True, slots=True)
class Source:
    """A registered source that signs batches with its organ's key."""

    id: str
    kind: OrganKind


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person who acts for herself, or is named as a delegate."""

    ref: str


Principal = Actor | Service | Source | Citizen


# --- what an act is about ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Made:
    """By whom something was made that another must approve, and the digest of all of it."""

    maker: str
    organ: str
    line: Line
    status: Status
    digest: str


@dataclass(frozen=True, slots=True)
class ProposalMatter:
    """A proposal about people. `people` is the 24-hour sum, not the size of the batch."""

    region: str
    made: Made
    clause_digest: str
    people: int
    worsens: bool
    ground_sufficient: bool
    end_by_rule: bool
    shielded: bool
    appellant: bool
    first: str | None = None
    first_organ: str | None = None
    first_level: str | None = None
    second_organ: str | None = None


@dataclass(frozen=True, slots=True)
class AreaMatter:
    """A risk area to be listed, and who approved it first where one of another level does, too."""

    region: str
    made: Made
    population: int
    cases: int
    days: int
    first: str | None = None
    first_organ: str | None = None
    first_level: str | None = None


@dataclass(frozen=True, slots=True)
class CaseMatter:
    """A case, opened or about to be."""

    region: str
    laboratory_confirmed: bool


@dataclass(frozen=True, slots=True)
class StatementMatter:
    """Another province's statement about a person, as we checked it."""

    region: str
    issuer_signed: bool
    evidence_named: bool
    logged: bool
    rule_matches: bool
    within_budget: bool


@dataclass(frozen=True, slots=True)
class PersonMatter:
    """A person whose record, code or place is touched; delegates are those in force now."""

    region: str
    holder: str
    guardians: frozenset[str] = frozenset()
    family: frozenset[str] = frozenset()
    helpers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AppealMatter:
    """An appeal, with every organ and officer that took part in what it objects to."""

    region: str
    organs: frozenset[str]
    officers: frozenset[str]
    laboratory: bool


@dataclass(frozen=True, slots=True)
class LookMatter:
    """A look that broke the glass, to be reviewed."""

    region: str
    officer: str
    organ: str


@dataclass(frozen=True, slots=True)
class EditionMatter:
    """An edition of a rule pack."""

    region: str
    made: Made
    names_identity: bool
    smallest_area: int
    hours_public: int
    hastened: bool
    impact_published: bool


@dataclass(frozen=True, slots=True)
class PlacePolicyMatter:
    """Where a code may be asked for (P17)."""

    region: str
    made: Made
    refuses_at_protected: bool


@dataclass(frozen=True, slots=True)
class AppointmentMatter:
    """A grant or a passkey for somebody."""

    region: str
    receiver: str
    receiver_organ: str
    receiver_kind: OrganKind
    days: int


@dataclass(frozen=True, slots=True)
class EmergencyMatter:
    """An emergency (P14): its length, its legal basis, who declared it before."""

    region: str
    days: int
    basis: bool
    declared_by: str | None = None
    yield_published: bool = False


@dataclass(frozen=True, slots=True)
class OrderMatter:
    """An isolation order."""

    region: str
    decision_proven: bool


@dataclass(frozen=True, slots=True)
class InstanceMatter:
    """The instance as a whole: its database, keys and audit store."""

    region: str = NATION


@dataclass(frozen=True, slots=True)
class PublicLogMatter:
    """The public log."""


Matter = (
    ProposalMatter
    | AreaMatter
    | CaseMatter
    | StatementMatter
    | PersonMatter
    | AppealMatter
    | LookMatter
    | EditionMatter
    | PlacePolicyMatter
    | AppointmentMatter
    | EmergencyMatter
    | OrderMatter
    | InstanceMatter
    | PublicLogMatter
)


# --- circumstances -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain:
    """A grant in force covers the act here; the passkey signed this act freshly.

    What stands around an officer's act, whichever it is: the others add to it.
    """

    granted: bool = False
    step_up: bool = False


@dataclass(frozen=True, slots=True)
class Colouring(Plain):
    """Around colour power: an emergency in force, the lot, what the log and the notice say."""

    emergency: bool = False
    drawn: bool = False
    digest_seen: str = ""
    cosigned: bool = False
    receipts: bool = False


@dataclass(frozen=True, slots=True)
class Looking(Plain):
    """Around a look. `purpose` is one of the closed list and fits the post (`looks`)."""

    purpose: bool = False
    token_shown: bool = False
    card_read: bool = False
    looks_last_hour: int = 2**31
    ticket: bool = False
    caller_known: bool = False
    case_window: bool = False
    reason: bool = False
    all_reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Answering(Plain):
    """Around an appeal: reasons are given; the person asked for the help that is filed."""

    reasons: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Ruling(Plain):
    """Around rules, place policies and releases: the digest the signer saw; the log."""

    digest_seen: str = ""
    cosigned: bool = False


@dataclass(frozen=True, slots=True)
class Appointing(Plain):
    """How many organs consent, and whether any grant was ever given."""

    organs: int = 0
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Auditing(Plain):
    """How many auditors of how many bodies; whether public chance drew the leaf."""

    auditors: int = 0
    bodies: int = 0
    in_sample: bool = False


@dataclass(frozen=True, slots=True)
class Operating(Plain):
    """How many persons stand behind an operation on the machines, and whether an auditor does."""

    persons: int = 0
    auditor_present: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """A batch: signed by the source's key, which is bound to the kinds in it."""

    signed: bool = False
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """No circumstances matter."""


Circumstances = Plain | Sending | Nothing
