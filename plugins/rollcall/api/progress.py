"""The progress of a run over HTTP, for dashboards and for `rollcall sync --follow`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
from fastapi import Depends, FastAPI, HTTPException

from rollcall.store.progress import read_progress


def progress_app(
    connect: Callable[[], psycopg.Connection], dag_id: str, allowed: Callable[..., Any]
) -> FastAPI:
    """An app with `GET /runs/{dag_run_id}`; `allowed` is the dependency that lets a caller see the Dag's runs."""
    app = FastAPI(title="rollcall", openapi_url=None)

    @app.get("/runs/{dag_run_id}", dependencies=[Depends(allowed)])
    def progress(dag_run_id: str) -> dict[str, Any]:
        """Status, phase, counts, waits and times of a run; 404 until it has opened."""
        with closing(connect()) as conn:
            found = read_progress(conn, dag_id, dag_run_id)
        if found is None:
            raise HTTPException(404, "This Airflow run has not opened a sync run (yet).")
        return found

    return app
