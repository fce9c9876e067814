"""What rollcall adds to Airflow: the progress API, the address for Calendly's webhooks, and the listener that hears
when a person stops a run."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from rollcall.airflow import listener


def _app() -> Any:
    from rollcall.airflow.access import may_see_runs
    from rollcall.airflow.database import connect
    from rollcall.airflow.webhooks import webhook_door
    from rollcall.api.progress import progress_app
    from rollcall.api.webhooks import add_webhook_routes
    from rollcall.sync.calendly.deliveries import MOST_BYTES

    app = progress_app(connect, listener.SYNC_DAGS, may_see_runs)
    add_webhook_routes(app, webhook_door(), MOST_BYTES)
    return app


class RollcallPlugin(AirflowPlugin):
    """Read by Airflow's plugin loader."""

    name = "rollcall"
    fastapi_apps: list[Any] = [{"app": _app(), "url_prefix": "/rollcall", "name": "rollcall"}]
    listeners: list[Any] = [listener]
