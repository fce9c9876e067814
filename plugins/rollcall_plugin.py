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


class AppOnFirstCall:
    """The app for Airflow's API server, made when it is first called: every process of Airflow reads this file, each
    task too, and what the app imports would cost each of them 40 MB."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One exchange, as ASGI has it."""
        if self._app is None:
            self._app = _app()
        await self._app(scope, receive, send)


class RollcallPlugin(AirflowPlugin):
    """Read by Airflow's plugin loader."""

    name = "rollcall"
    fastapi_apps: list[Any] = [{"app": AppOnFirstCall(), "url_prefix": "/rollcall", "name": "rollcall"}]
    listeners: list[Any] = [listener]
