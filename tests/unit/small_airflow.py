"""A small Airflow that speaks real HTTP: what its REST API answers to who starts and follows a sync."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RUN = "manual__2026-11-21T00:00:00+00:00"
RUNS_PATH = "/api/v2/dags/zoom_webinar_sync/dagRuns"
RUN_PATH = f"{RUNS_PATH}/manual__2026-11-21T00%3A00%3A00%2B00%3A00"
PROGRESS_PATH = "/rollcall/runs/manual__2026-11-21T00%3A00%3A00%2B00%3A00"
ZOOM_PROGRESS = f"{PROGRESS_PATH}?dag_id=zoom_webinar_sync"


class SmallAirflow(ThreadingHTTPServer):
    """Answers from `replies` by (method, path); the last of several replies stays. Where it is `moved_to`, it sends all
    calls there."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: dict[tuple[str, str], list[tuple[int, Any]]] = {
            ("POST", RUNS_PATH): [(200, {"dag_run_id": RUN})],
        }
        self.triggered: list[Any] = []
        self.logins = 0
        self.moved_to = ""
        self.good_token = "token-1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: SmallAirflow

    def do_GET(self) -> None:
        self.reply("GET")

    def do_POST(self) -> None:
        self.reply("POST")

    def reply(self, method: str) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        airflow = self.server
        if airflow.moved_to:
            self.send(307, {"detail": "moved"}, Location=airflow.moved_to + self.path)
        elif self.path == "/auth/token":
            airflow.logins += 1
            ok = body == {"username": "admin", "password": "right"}
            self.send(201, {"access_token": f"token-{airflow.logins}"}) if ok else self.send(401, {})
        elif self.headers.get("Authorization") != f"Bearer {airflow.good_token}":
            self.send(401, {"detail": "expired"})
        else:
            if method == "POST":
                airflow.triggered.append(body)
            nothing = [(404, {"detail": "nothing here"})]
            # A reply may insist on the query or be for any.
            replies = airflow.replies.get((method, self.path)) or airflow.replies.get(
                (method, self.path.split("?")[0]), nothing
            )
            self.send(*(replies.pop(0) if len(replies) > 1 else replies[0]))

    def send(self, status: int, body: Any, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stay quiet."""


def progress(status: str, percentage: float, **more: Any) -> dict[str, Any]:
    return {
        "run_id": 7,
        "status": status,
        "current_phase": "fetch",
        "progress_percentage": percentage,
        "instances_done": 1,
        "instances_total": 2,
        "rows_fetched": 300,
        "message": "a sentence",
        **more,
    }
