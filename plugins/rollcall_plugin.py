"""What rollcall adds to Airflow: the progress API, and the listener that hears when a person stops a run."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from rollcall.airflow import listener


def _progress_app() -> Any:
    from rollcall.airflow.access import may_see_runs
    from rollcall.airflow.database import connect
    from rollcall.api.progress import progress_app

    return progress_app(connect, listener.SYNC_DAGS, may_see_runs)


class RollcallPlugin(AirflowPlugin):
    """Read by Airflow's plugin loader."""

    name = "rollcall"
    fastapi_apps: list[Any] = [{"app": _progress_app(), "url_prefix": "/rollcall", "name": "rollcall"}]
    listeners: list[Any] = [listener]
