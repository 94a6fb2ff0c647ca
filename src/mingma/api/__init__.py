"""The HTTP interface for programs: each handler parses, calls one flow and renders.

Every answer that says no is an RFC 9457 object with slug, place and remedy. Who may call what is
listed in docs/routes.md, and a test holds list and routes equal.
"""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from mingma.api import acts, editions, public, sources
from mingma.api.acting import act_for, end_delegation, give_delegation, own_delegations
from mingma.api.appeals import (
    appeal_terms,
    file_own_appeal,
    own_appeals_list,
    report_oneself,
    withdraw_own_appeal,
)
from mingma.api.areas import every_area
from mingma.api.check_ins import check_ins, not_me
from mingma.api.evidence import batch, refused, send_evidence
from mingma.api.health import healthz, metrics, readyz
from mingma.api.ledger import checkpoint, landmarks, tile
from mingma.api.ledger_index import day_table, indexes, ranges, tag_proof, tag_run, whole_index
from mingma.api.looks import open_own_call, own_looks_list
from mingma.api.me import (
    decision_receipt,
    own_bundle_file,
    own_code,
    own_decisions_list,
    own_notices_list,
    renew_own_code,
)
from mingma.api.orders import order_feed, own_orders_list
from mingma.api.places import check_at_gate, complain_of_place, place_complaints, places
from mingma.api.problems import problem_answer
from mingma.api.sign_in import end_session, sign_in_for_development
from mingma.api.token import check_token_text
from mingma.api.witness import cosigned_checkpoint, fork_evidence, submit_checkpoint
from mingma.app import Instance


def api_handlers(instance: Instance) -> list[BaseRouteHandler]:
    """The handlers of this instance; the development sign-in only where its settings ask for it."""
    handlers: list[BaseRouteHandler] = [
        send_evidence,
        batch,
        refused,
        own_code,
        renew_own_code,
        own_decisions_list,
        decision_receipt,
        own_bundle_file,
        own_notices_list,
        own_appeals_list,
        file_own_appeal,
        withdraw_own_appeal,
        report_oneself,
        check_ins,
        not_me,
        appeal_terms,
        own_looks_list,
        open_own_call,
        own_orders_list,
        own_delegations,
        give_delegation,
        end_delegation,
        act_for,
        order_feed,
        places,
        check_at_gate,
        complain_of_place,
        place_complaints,
        end_session,
        check_token_text,
        submit_checkpoint,
        cosigned_checkpoint,
        fork_evidence,
        healthz,
        readyz,
        metrics,
        checkpoint,
        landmarks,
        tile,
        indexes,
        ranges,
        whole_index,
        tag_proof,
        tag_run,
        day_table,
        acts.do_act,
        acts.begin_session,
        acts.my_turns,
        acts.my_appeals,
        acts.proposal_standing,
        acts.own_advice_list,
        acts.public_attempts,
        acts.public_yields,
        public.statistics,
        public.alarms,
        public.sample,
        sources.send_counts,
        sources.sources_day,
        sources.channels,
        every_area,
        editions.every_edition,
        editions.one_edition,
    ]
    if instance.settings.sign_in == "development" and instance.context.specimen:
        handlers.append(sign_in_for_development)
    return handlers


__all__ = ["api_handlers", "problem_answer"]
