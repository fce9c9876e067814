"""### Calendly sync

Brings a Calendly user's or organization's meetings (scheduled events) and their invitees into Postgres: bookings,
cancellations, reschedules, no-shows, and what Calendly no longer serves.

**Started by hand only**: press *Trigger*, or `POST /api/v2/dags/calendly_sync/dagRuns`, or
`rollcall sync calendly USER`. There is no schedule, and none can be added: the Dag takes manual runs only. A webhook
delivery is stored and applied by itself and never starts a run.

| task | what it does |
|---|---|
| discover | checks what was asked, opens the run, lists the window month by month, queues the invitees to read |
| fetch | one per worker: reads the invitees of one meeting after the other |
| finish | says what was new, updated, canceled and missing, and closes the run; fails when a task before it failed |

To stop a run, open it and *Mark run as failed*. To force a full one in mode auto:
`UPDATE users SET calendly_initial_sync_complete = false WHERE email = '…'`.
Progress: `SELECT * FROM sync_runs ORDER BY id DESC` and `sync_progress_updates`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, TriggerRule, get_current_context, task
from airflow.sdk.api.datamodels._generated import DagRunType

from rollcall.airflow import calendly_tasks
from rollcall.airflow.calendly_params import CALENDLY_PARAMS
from rollcall.airflow.retries import RETRYING

with DAG(
    dag_id="calendly_sync",
    description="Meetings and invitees of a Calendly user or organization into Postgres, started by hand",
    doc_md=__doc__,
    schedule=None,
    allowed_run_types={DagRunType.MANUAL},
    catchup=False,
    max_active_runs=16,
    params=CALENDLY_PARAMS,
    tags=["rollcall", "calendly"],
    default_args={**RETRYING, "execution_timeout": timedelta(hours=12)},
) as dag:

    @task
    def discover() -> list[dict[str, int]]:
        """Check what was asked, open the run, list the window, queue the invitees to read."""
        return calendly_tasks.discover_task(get_current_context())

    # A mapped task does not take its docstring for its documentation.
    @task(doc_md="One worker: read the invitees of one meeting after the other.")
    def fetch(sync_run: int, worker: int) -> int:
        """One worker: read the invitees of one meeting after the other."""
        return calendly_tasks.fetch_task(sync_run, worker)

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def finish() -> str:
        """Say what was found and close the run."""
        return calendly_tasks.finish_task(get_current_context())

    fetch.expand_kwargs(discover()) >> finish()
