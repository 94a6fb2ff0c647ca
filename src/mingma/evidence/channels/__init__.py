"""The kinds of facts, one small file each. A new kind: docs/guides/add-a-channel.md."""

from __future__ import annotations

from typing import TypeAlias

from mingma.evidence.channels.area_stay import AreaStay
from mingma.evidence.channels.assistance_request import AssistanceRequest
from mingma.evidence.channels.channel import Channel, Intake
from mingma.evidence.channels.check_in import CheckIn
from mingma.evidence.channels.clinic_visit import ClinicVisit
from mingma.evidence.channels.closed_loop_end import ClosedLoopEnd
from mingma.evidence.channels.cold_chain_contact import ColdChainContact
from mingma.evidence.channels.companion_match import CompanionMatch
from mingma.evidence.channels.contact_finding import ContactFinding
from mingma.evidence.channels.daily_report import DailyReport
from mingma.evidence.channels.entry import Entry
from mingma.evidence.channels.foreign_statement import ForeignStatement
from mingma.evidence.channels.infection import Infection
from mingma.evidence.channels.interview import Interview
from mingma.evidence.channels.mark import Mark
from mingma.evidence.channels.release import Release
from mingma.evidence.channels.risk_notice import RiskNotice
from mingma.evidence.channels.test import Test
from mingma.evidence.channels.trip import Trip
from mingma.evidence.channels.vaccination import Vaccination
from mingma.evidence.channels.withdrawal import Withdrawal

FactData: TypeAlias = (
    Infection
    | ContactFinding
    | CompanionMatch
    | AreaStay
    | Entry
    | Test
    | DailyReport
    | ClinicVisit
    | ColdChainContact
    | AssistanceRequest
    | RiskNotice
    | Trip
    | CheckIn
    | Vaccination
    | ForeignStatement
    | ClosedLoopEnd
    | Interview
    | Mark
    | Release
    | Withdrawal
)

CHANNELS: tuple[type[Channel], ...] = (
    Infection,
    ContactFinding,
    CompanionMatch,
    AreaStay,
    Entry,
    Test,
    DailyReport,
    ClinicVisit,
    ColdChainContact,
    AssistanceRequest,
    RiskNotice,
    Trip,
    CheckIn,
    Vaccination,
    ForeignStatement,
    ClosedLoopEnd,
    Interview,
    Mark,
    Release,
    Withdrawal,
)

KINDS: dict[str, type[Channel]] = {channel.kind: channel for channel in CHANNELS}

__all__ = ["CHANNELS", "KINDS", "Channel", "FactData", "Intake"]
