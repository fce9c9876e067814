"""### Maintenance

Looks after the database that syncs write to: runs that hang, rows that nobody needs any more, what is wrong now, and
whether the sync itself still does what it should.

**Started by hand only**: press *Trigger*, or `POST /api/v2/dags/sync_maintenance/dagRuns`. A **dry run** unless you
switch that off: it closes and deletes nothing. A DBA asks the same of Postgres: `check_stale_syncs()`,
`cleanup_old_sync_data(30)`, `run_sync_health_checks()`, `test_sync_process()`.

| task | what it does |
|---|---|
| check_stale | closes runs without a sign of life; a dry run only names them |
| clean_up | deletes old bookkeeping, in steps; a dry run counts it. Attendance is never touched |
| check_health | every health check, with what to do |
| check_process | tries the sync on invented people, and rolls it back |
| finish | fails with the findings as its message when one is critical |

Each looks for itself: one that fails does not stop the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, TriggerRule, chain, get_current_context, task
from airflow.sdk.api.datamodels._generated import DagRunType

from rollcall.airflow import maintenance_tasks
from rollcall.airflow.maintenance_tasks import Findings
from rollcall.airflow.params import MAINTENANCE_PARAMS
from rollcall.airflow.retries import RETRYING

with DAG(
    dag_id="sync_maintenance",
    description="Stale runs, cleanup, health checks and self-test of the data database, started by hand",
    doc_md=__doc__,
    schedule=None,
    allowed_run_types={DagRunType.MANUAL},
    catchup=False,
    max_active_runs=1,
    params=MAINTENANCE_PARAMS,
    tags=["rollcall", "maintenance"],
    default_args={**RETRYING, "execution_timeout": timedelta(hours=2)},
) as dag:

    @task
    def check_stale() -> Findings:
        """Close runs without a sign of life; in a dry run, name them."""
        return maintenance_tasks.check_stale_task(get_current_context())

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def clean_up() -> None:
        """Delete old bookkeeping; in a dry run, count it."""
        maintenance_tasks.clean_up_task(get_current_context())

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def check_health() -> Findings:
        """Run the health checks."""
        return maintenance_tasks.check_health_task()

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def check_process() -> Findings:
        """Try the sync on invented people, and roll it back."""
        return maintenance_tasks.check_process_task(get_current_context())

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def finish(*found: Any) -> str:
        """Fail with the findings as the message when one is critical."""
        return maintenance_tasks.finish_task(get_current_context(), found)

    stale, health, process = check_stale(), check_health(), check_process()
    chain(stale, clean_up(), health, process, finish(stale, health, process))
