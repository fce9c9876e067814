"""The three tasks of calendly_sync as plain functions: from Airflow's context to a use case and back to counts."""

from __future__ import annotations

import logging
from contextlib import closing
from functools import partial

from rollcall.airflow.calendly_params import CALENDLY_PARAMS
from rollcall.airflow.database import connect
from rollcall.airflow.resources import calendly_resources
from rollcall.airflow.sync_rules import (
    finish_run,
    for_each_worker,
    on_record,
    open_or_make_way,
    parking,
    telling_refusals,
)
from rollcall.airflow.task_rules import Context, as_sentences, check_trigger
from rollcall.sync.calendly.account import CalendlyAccount
from rollcall.sync.calendly.finish import finish_calendly
from rollcall.sync.calendly.invitees import read_invitees
from rollcall.sync.calendly.list_events import list_events
from rollcall.sync.calendly.request import check_request, open_run
from rollcall.sync.fetch import fetch
from rollcall.sync.park import name_the_wait

log = logging.getLogger(__name__)

_LISTS = {"invitees": read_invitees}


def discover_task(context: Context) -> list[dict[str, int]]:
    """Check the request, open the run, list its window, queue the invitees to read.

    Returns for each fetch worker the run's id and its number.
    """
    with as_sentences(), telling_refusals(context["ti"]), closing(connect()) as conn:
        check_trigger(context, "syncs", CALENDLY_PARAMS)
        request = check_request(conn, context["params"])
        run_id = open_or_make_way(
            conn, context, f"of Calendly user {request.user.id}", partial(open_run, conn, request)
        )
        log.info("Run %s: %s sync of Calendly user %s", run_id, request.mode, request.user.id)
        with (
            on_record(run_id, "discover"),
            parking(run_id, name_the_wait),
            CalendlyAccount(calendly_resources(), run_id) as account,
        ):
            listed = list_events(account)
    log.info("%s lists of invitees to read", listed.items)
    return for_each_worker(run_id, listed.workers)


def fetch_task(run_id: int, worker: int) -> int:
    """One worker. Returns how many lists it read. Parks the task when a pause is too long to hold a worker for."""
    with (
        as_sentences(),
        on_record(run_id, "fetch"),
        parking(run_id, name_the_wait),
        CalendlyAccount(calendly_resources(), run_id) as account,
    ):
        return fetch(account, f"worker-{worker}", _LISTS)


def finish_task(context: Context) -> str:
    """Say what was found, close the run with an honest status and return it; fails when the run did."""
    return finish_run(context, finish_calendly)
