"""Who may see what over HTTP: Airflow's own word for each Dag."""

from __future__ import annotations

from collections.abc import Callable

import requests
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import HTTPException, Request


def may_see_runs(request: Request, user: GetUserDep) -> Callable[[str], bool]:
    """A dependency for FastAPI: refuses whoever is not logged in; gives a function that tells by a Dag's id whether the
    caller may see its runs."""

    def sees(dag_id: str) -> bool:
        try:
            requires_access_dag(method="GET", access_entity=DagAccessEntity.RUN, param_dag_id=dag_id)(
                request, user
            )
        except HTTPException as refused:
            if refused.status_code != requests.codes.forbidden:
                raise
            return False
        return True

    return sees
