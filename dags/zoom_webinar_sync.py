"""### Zoom webinar sync

Brings the complete attendance of a Zoom account's webinars into Postgres: every past instance, every join-to-leave row,
the people behind them, and how far all of it agrees with Zoom's own totals.

**Started by hand only**: press *Trigger*, or `POST /api/v2/dags/zoom_webinar_sync/dagRuns`, or
`rollcall sync zoom NAME`. There is no schedule, and none can be added: the Dag takes manual runs only.

| task | what it does |
|---|---|
| discover | checks what was asked, opens the run, finds webinars and past instances, queues them |
| fetch | one per worker: reads lists from the queue, page by page, into staging |
| sessionize | staged rows become sessions, people and totals |
| upsert | writes what is new or different |
| finish | compares with Zoom's totals and closes the run; fails when a task before it failed |

A limit of the day parks the fetch workers; they go on by themselves. To stop a run, open it and *Mark run as failed*.
Progress: `SELECT * FROM sync_runs ORDER BY id DESC` and `sync_progress_updates`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, TriggerRule, get_current_context, task
from airflow.sdk.api.datamodels._generated import DagRunType

from rollcall.airflow import zoom_tasks
from rollcall.airflow.params import SYNC_PARAMS
from rollcall.airflow.retries import RETRYING

with DAG(
    dag_id="zoom_webinar_sync",
    description="Complete attendance of a Zoom account's webinars into Postgres, started by hand",
    doc_md=__doc__,
    schedule=None,
    allowed_run_types={DagRunType.MANUAL},
    catchup=False,
    max_active_runs=16,
    params=SYNC_PARAMS,
    tags=["rollcall", "zoom"],
    default_args={**RETRYING, "execution_timeout": timedelta(hours=12)},
) as dag:

    @task
    def discover() -> list[dict[str, int]]:
        """Check what was asked, open the run, queue what is to be read."""
        return zoom_tasks.discover_task(get_current_context())

    # A mapped task does not take its docstring for its documentation.
    @task(doc_md="One worker: read lists from the queue, page by page.")
    def fetch(sync_run: int, worker: int) -> int:
        """One worker: read lists from the queue, page by page."""
        return zoom_tasks.fetch_task(sync_run, worker)

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def sessionize() -> int:
        """Staged rows become sessions, people and totals."""
        return zoom_tasks.sessionize_task(get_current_context())

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def upsert() -> int:
        """Write what is new or different."""
        return zoom_tasks.upsert_task(get_current_context())

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def finish() -> str:
        """Compare with Zoom's totals and close the run."""
        return zoom_tasks.finish_task(get_current_context())

    fetch.expand_kwargs(discover()) >> sessionize() >> upsert() >> finish()
