"""The five tasks of zoom_webinar_sync as plain functions: from Airflow's context to a use case and back to counts."""

from __future__ import annotations

import logging
from contextlib import closing
from functools import partial

from rollcall.airflow.database import connect
from rollcall.airflow.params import SYNC_PARAMS
from rollcall.airflow.resources import zoom_resources
from rollcall.airflow.sync_rules import (
    finish_run,
    for_each_worker,
    on_record,
    on_run,
    open_or_make_way,
    parking,
    telling_refusals,
)
from rollcall.airflow.task_rules import Context, as_sentences, check_trigger
from rollcall.sync.account import Account
from rollcall.sync.discover import discover, open_run
from rollcall.sync.fetch import fetch
from rollcall.sync.finish import finish
from rollcall.sync.lists import LISTS
from rollcall.sync.park import park
from rollcall.sync.request import check_request
from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert

log = logging.getLogger(__name__)


def discover_task(context: Context) -> list[dict[str, int]]:
    """Check the request, open the run, queue its lists. Returns for each fetch worker the run's id and its number."""
    with as_sentences(), telling_refusals(context["ti"]), closing(connect()) as conn:
        check_trigger(context, "syncs", SYNC_PARAMS)
        request = check_request(conn, context["params"])
        run_id = open_or_make_way(conn, context, request.connection.name, partial(open_run, conn, request))
        log.info("Run %s: %s sync of connection %s", run_id, request.mode, request.connection.name)
        with (
            on_record(run_id, "discover"),
            parking(run_id, park),
            Account(zoom_resources(), run_id) as account,
        ):
            found = discover(account)
    log.info("Found %s webinars; %s instances to read", found.webinars, found.instances)
    return for_each_worker(run_id, found.workers)


def fetch_task(run_id: int, worker: int) -> int:
    """One worker. Returns how many lists it read. Parks the task when a limit of the day is reached."""
    with (
        as_sentences(),
        on_record(run_id, "fetch"),
        parking(run_id, park),
        Account(zoom_resources(), run_id) as account,
    ):
        return fetch(account, f"worker-{worker}", LISTS)


def sessionize_task(context: Context) -> int:
    """Returns how many instances were sessionized."""
    return on_run(context, sessionize)


def upsert_task(context: Context) -> int:
    """Returns how many instances were upserted."""
    return on_run(context, upsert)


def finish_task(context: Context) -> str:
    """Compare with Zoom's totals, close the run with an honest status and return it; fails when the run did."""
    return finish_run(context, finish)
