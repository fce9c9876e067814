"""A client for Airflow's REST API, as far as starting and following a sync needs it.

Source: Airflow 3 REST API reference (/api/v2), simple auth manager (POST /auth/token), and rollcall's own
/rollcall/runs/{dag_run_id}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from rollcall.errors import SetupError, WrongUse
from rollcall.sources.addresses import environment_proxies_off

MEETING_FATES = ("new", "updated", "unchanged", "canceled", "missing")
_TIMEOUT = (5.0, 30.0)  # seconds to connect, to answer


@dataclass(frozen=True)
class Progress:
    """What rollcall says about a run, nothing by default; `percentage` is 0 to 100.

    Counts are instances and rows where `source` is zoom, meetings and invitees where it is calendly.
    """

    run_id: int | None = None
    source: str = ""
    status: str = ""
    phase: str = ""
    percentage: float = 0
    instances_done: int = 0
    instances_total: int = 0
    rows_fetched: int = 0
    estimated_end_at: str | None = None
    waiting_reason: str | None = None
    message: str | None = None
    meetings: Mapping[str, int] = field(default_factory=dict)
    """Of Calendly: how many meetings by what became of them."""


class AirflowRest:
    """Talks to one Airflow as one person; the token is fetched when needed, and again when it has expired."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url.rstrip("/")
        self._user = user
        self._password = password
        self._session = requests.Session()
        # With no login of its own, requests would send one of .netrc or of the address in place of the token.
        self._session.auth = lambda request: request
        self._proxies = environment_proxies_off(self.url)

    def health(self) -> Mapping[str, Any]:
        """Return the state of each part of Airflow; raises requests.RequestException while nobody answers."""
        response = self._session.get(
            f"{self.url}/api/v2/monitor/health", timeout=_TIMEOUT, proxies=self._proxies
        )
        response.raise_for_status()
        found: Mapping[str, Any] = response.json()
        return found

    def has_dag(self, dag_id: str) -> bool:
        """Tell whether Airflow has read the Dag."""
        return self._call("GET", f"/api/v2/dags/{quote(dag_id)}", missing=True) is not None

    def import_errors(self) -> list[tuple[str, str]]:
        """Return (file, last line of the error) for each Dag file that can't be read."""
        answer = self._call("GET", "/api/v2/importErrors") or {}
        return [
            (str(error.get("filename")), str(error.get("stack_trace", "")).strip().rsplit("\n", 1)[-1])
            for error in answer.get("import_errors", [])
        ]

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Start a Dag run by hand with params `conf`; return its run id.

        Raises WrongUse with Airflow's reason where it refuses the params or doesn't know the Dag.
        """
        body = {"logical_date": None, "conf": dict(conf)}
        answer = self._call("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", json=body, missing=True)
        if answer is None:
            raise WrongUse(f"Airflow knows no Dag {dag_id}: check that its dags folder is rollcall's.")
        return str(answer["dag_run_id"])

    def run_state(self, dag_id: str, dag_run_id: str) -> str:
        """Return Airflow's word for the run: queued, running, success or failed. Raises WrongUse where it was
        deleted."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(dag_run_id, safe='')}"
        answer = self._call("GET", path, missing=True)
        if answer is None:
            raise WrongUse(f"Airflow has no run {dag_run_id} of {dag_id} any more: someone deleted it.")
        return str(answer["state"])

    def failed_task(self, dag_id: str, dag_run_id: str) -> str | None:
        """Return the first failed task of the run, None where none failed."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(dag_run_id, safe='')}/taskInstances"
        answer = self._call("GET", f"{path}?state=failed&order_by=start_date", missing=True) or {}
        failed = [str(task["task_id"]) for task in answer.get("task_instances", [])]
        return failed[0] if failed else None

    def refusal(self, dag_id: str, dag_run_id: str) -> str | None:
        """Return the sentence with which the run's first task refused what was asked, None where it did not."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(dag_run_id, safe='')}/taskInstances"
        answer = self._call("GET", f"{path}/discover/xcomEntries/refusal", missing=True)
        return str(answer["value"]) if answer else None

    def progress(self, dag_id: str, dag_run_id: str) -> Progress | None:
        """Return how far the sync is, None until it has begun."""
        path = f"/rollcall/runs/{quote(dag_run_id, safe='')}?dag_id={quote(dag_id)}"
        answer = self._call("GET", path, missing=True)
        if answer is None:
            return None
        return Progress(
            run_id=answer.get("run_id"),
            source=str(answer.get("source") or ""),
            status=str(answer.get("status") or ""),
            phase=str(answer.get("current_phase") or ""),
            percentage=float(answer.get("progress_percentage") or 0),
            instances_done=int(answer.get("instances_done") or 0),
            instances_total=int(answer.get("instances_total") or 0),
            rows_fetched=int(answer.get("rows_fetched") or 0),
            estimated_end_at=answer.get("estimated_end_at"),
            waiting_reason=answer.get("waiting_reason"),
            message=answer.get("message"),
            meetings={
                fate: int(answer.get(f"meetings_{fate}") or 0)
                for fate in (MEETING_FATES if answer.get("source") == "calendly" else ())
            },
        )

    def _call(
        self, method: str, path: str, *, json: Mapping[str, Any] | None = None, missing: bool = False
    ) -> dict[str, Any] | None:
        """Call the API; None for a 404 where `missing` allows one.

        Raises WrongUse for other refusals, SetupError where Airflow can't be reached or fails.
        """
        for attempt in (1, 2):
            if "Authorization" not in self._session.headers:
                self._log_in()
            response = self._send(method, path, json)
            if response.status_code != requests.codes.unauthorized or attempt == 2:
                break
            del self._session.headers["Authorization"]
        if response.status_code == requests.codes.not_found and missing:
            return None
        if response.status_code >= requests.codes.server_error:
            raise SetupError(
                f"Airflow at {self.url} answered {response.status_code} to {method} {path}: "
                f"{_reason(response)} Its api-server's log may say more."
            )
        if not response.ok:
            raise WrongUse(f"Airflow refuses {method} {path} ({response.status_code}): {_reason(response)}")
        return self._object(response)

    def _log_in(self) -> None:
        login = {"username": self._user, "password": self._password}
        response = self._send("POST", "/auth/token", login)
        if not response.ok:
            raise WrongUse(
                f"Airflow at {self.url} refuses the login of {self._user!r} ({response.status_code}): "
                "check ROLLCALL_AIRFLOW_USER and ROLLCALL_AIRFLOW_PASSWORD."
            )
        self._session.headers["Authorization"] = f"Bearer {self._object(response).get('access_token')}"

    def _object(self, response: requests.Response) -> dict[str, Any]:
        """The JSON object that the API answers with; SetupError where it is none: somebody else answers there."""
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or response.is_redirect:
            raise SetupError(
                f"What answers at {self.url} is not Airflow's API: check ROLLCALL_AIRFLOW_URL, and whether a proxy or "
                "a login page stands before it."
            )
        return answer

    def _send(self, method: str, path: str, json: Mapping[str, Any] | None) -> requests.Response:
        try:
            # Redirects are not followed: the password is for this address only.
            return self._session.request(
                method,
                f"{self.url}{path}",
                json=json,
                timeout=_TIMEOUT,
                allow_redirects=False,
                proxies=self._proxies,
            )
        except requests.RequestException as error:
            raise SetupError(
                f"Airflow at {self.url} can't be reached ({type(error).__name__}): "
                "is it running? `make up` starts one, ROLLCALL_AIRFLOW_URL names another."
            ) from error


def _reason(response: requests.Response) -> str:
    """Return the API's own words for a refusal, cut to a readable length."""
    try:
        detail = response.json().get("detail")
    except (ValueError, AttributeError):
        return "no reason given."
    if isinstance(detail, list):
        detail = "; ".join(
            str(part.get("msg", part)) if isinstance(part, dict) else str(part) for part in detail
        )
    if isinstance(detail, dict):
        detail = detail.get("reason") or detail
    # The first sentence says what is wrong; the schema that follows it is no help to who typed a value.
    return str(detail).split("\n\nFailed validating", 1)[0][:600]
