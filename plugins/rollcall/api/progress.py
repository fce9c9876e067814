"""The progress of a run over HTTP, for dashboards and for `rollcall sync --follow`."""

# No `from __future__ import annotations`: FastAPI has to see the dependency that the app is given.
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Annotated, Any

import psycopg
from fastapi import Depends, FastAPI, HTTPException

from rollcall.errors import DatabaseUnreachable
from rollcall.store.progress import read_progress


def progress_app(
    connect: Callable[[], psycopg.Connection],
    dag_ids: Sequence[str],
    may_see: Callable[..., Callable[[str], bool]],
) -> FastAPI:
    """An app with `GET /runs/{dag_run_id}` for runs of the Dags `dag_ids`.

    `may_see` is a dependency: it refuses strangers, and gives a function that tells whether the caller may see the
    runs of a Dag. For those of other Dags the answer is that there is no such run.
    """
    app = FastAPI(title="rollcall", openapi_url=None)

    @app.get("/runs/{dag_run_id}")
    def progress(
        dag_run_id: str, sees: Annotated[Callable[[str], bool], Depends(may_see)], dag_id: str | None = None
    ) -> dict[str, Any]:
        """Status, phase, counts, waits and times of a run; 404 until it has opened, 503 without the database.

        `?dag_id=…` is for whoever gave runs of two Dags the same id.
        """
        seen = [known for known in dag_ids if dag_id in (None, known) and sees(known)]
        if not seen:
            raise HTTPException(403, "Forbidden")
        try:
            with closing(connect()) as conn:
                # An id with a NUL is nobody's, and no text to Postgres.
                found = read_progress(conn, seen, dag_run_id) if "\0" not in dag_run_id else None
        except (DatabaseUnreachable, psycopg.OperationalError):
            raise HTTPException(503, "The data database does not answer now: ask again.") from None
        if found is None:
            raise HTTPException(404, "This Airflow run has not opened a sync run (yet).")
        return found

    return app
