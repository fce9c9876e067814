"""What rollcall adds to Airflow: the progress API, and the listener that hears when a person stops a run."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from rollcall.airflow import listener


def _progress_app() -> Any:
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag

    from rollcall.airflow.database import connect
    from rollcall.api.progress import progress_app

    dag_id = listener.SYNC_DAGS[0]
    allowed = requires_access_dag(method="GET", access_entity=DagAccessEntity.RUN, param_dag_id=dag_id)
    return progress_app(connect, dag_id, allowed)


class RollcallPlugin(AirflowPlugin):
    """Read by Airflow's plugin loader."""

    name = "rollcall"
    fastapi_apps: list[Any] = [{"app": _progress_app(), "url_prefix": "/rollcall", "name": "rollcall"}]
    listeners: list[Any] = [listener]
