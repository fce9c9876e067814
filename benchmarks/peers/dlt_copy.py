"""dlt copies the lists of participants into one keyed table: `python -m benchmarks.peers.dlt_copy VARIANT`.

    plain      the rest_api source with a merge, nothing set
    parallel   lists side by side, worker processes, COPY from CSV instead of INSERT
    arrow      pages become Arrow tables, then CSV for COPY; merged by MERGE
    adbc       Arrow tables that the ADBC driver copies in binary; MERGE leaves alone what did not change

Batch sizes and threads are those that were fastest on two cores.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_ARROW = {
    "NORMALIZE__WORKERS": "1",
    "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "144000",
    "LOAD__WORKERS": "4",
}
SETTINGS: dict[str, dict[str, str]] = {
    "plain": {},
    "parallel": {
        "EXTRACT__WORKERS": "4",
        "NORMALIZE__WORKERS": "2",
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
        "SOURCES__DATA_WRITER__DISABLE_COMPRESSION": "true",
        "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "50000",
        "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "50000",
        "LOAD__WORKERS": "2",
    },
    "arrow": _ARROW,
    "adbc": _ARROW,
}
"""What each variant sets in dlt's configuration."""

variant = sys.argv[1]
os.environ.update(SETTINGS[variant])
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt  # noqa: E402 - it reads its settings from the environment
import orjson  # noqa: E402
import requests  # noqa: E402
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator  # noqa: E402
from dlt.sources.rest_api import rest_api_source  # noqa: E402

from benchmarks.clock import Clock, read_order  # noqa: E402

_THREADS = 2
_ROWS_A_TABLE = 3000
_MERGES: dict[str, Any] = {
    "arrow": {"disposition": "merge", "strategy": "upsert"},
    "adbc": {"disposition": "merge", "strategy": "upsert", "skip_unchanged_rows": True},
}


def _without_nul(answer: requests.Response, *_: Any, **__: Any) -> requests.Response:
    """Some names hold a NUL, which COPY refuses."""
    answer._content = answer.content.replace(b"\\u0000", b"")
    return answer


def rest_source(order: dict[str, Any]) -> Any:
    """The lists as dlt's own REST source reads them."""
    lists = dlt.resource(
        [[{"key": one["key"], "uuid": one["uuid"]} for one in order["lists"]]], name="lists", selected=False
    )
    return rest_api_source(
        {
            "client": {
                "base_url": order["api_url"] + "/",
                "auth": {"type": "bearer", "token": order["token"]},
                "paginator": JSONResponseCursorPaginator(
                    cursor_path="next_page_token", cursor_param="next_page_token"
                ),
            },
            "resources": [
                lists,
                {
                    "name": "participants",
                    "primary_key": ["_lists_uuid", "user_id", "join_time"],
                    "write_disposition": "merge",
                    "include_from_parent": ["uuid"],
                    "max_table_nesting": 0,
                    "parallelized": variant == "parallel",
                    "endpoint": {
                        "path": "report/webinars/{resources.lists.key}/participants",
                        "params": {"page_size": 300, "include_fields": "registrant_id"},
                        "data_selector": "participants",
                        "response_actions": [_without_nul] if variant == "parallel" else [],
                    },
                },
            ],
        },
        name="zoom",
    )


def arrow_tables(order: dict[str, Any]) -> Iterator[Any]:
    """Some thousand rows at a time as an Arrow table, read by a few threads."""
    import pyarrow as pa

    texts = (
        *("uuid", "id", "participant_user_id", "user_id", "name", "user_email", "status"),
        *("registrant_id", "bo_mtg_id"),
    )

    def rows_of(one: dict[str, Any]) -> list[dict[str, Any]]:
        http = sessions.session
        rows: list[dict[str, Any]] = []
        params = {"page_size": "300", "include_fields": "registrant_id"}
        while True:
            answer = http.get(f"{order['api_url']}/report/webinars/{one['key']}/participants", params=params)
            page = orjson.loads(_without_nul(answer).content)
            rows += page["participants"]
            if not page["next_page_token"]:
                break
            params["next_page_token"] = page["next_page_token"]
        for row in rows:
            row["uuid"] = one["uuid"]
        return rows

    def table(rows: list[dict[str, Any]]) -> Any:
        columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in texts}
        for name in ("join_time", "leave_time"):
            read = pa.array([row.get(name) or None for row in rows], pa.string())
            columns[name] = read.cast(pa.timestamp("us", "UTC"))
        columns["duration"] = pa.array([row.get("duration") for row in rows], pa.int64())
        columns["failover"] = pa.array([row.get("failover") for row in rows], pa.bool_())
        return pa.table(columns)

    sessions = _Sessions(order["token"])
    held: list[dict[str, Any]] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for rows in pool.map(rows_of, order["lists"]):
            held += rows
            if len(held) >= _ROWS_A_TABLE:
                yield table(held)
                held = []
    if held:
        yield table(held)


class _Sessions:
    """An HTTP session for each thread."""

    def __init__(self, token: str) -> None:
        self._thread = threading.local()
        self._token = token

    @property
    def session(self) -> requests.Session:
        """This thread's."""
        if not hasattr(self._thread, "session"):
            self._thread.session = requests.Session()
            self._thread.session.trust_env = False
            self._thread.session.headers["Authorization"] = f"Bearer {self._token}"
        session: requests.Session = self._thread.session
        return session


def main() -> None:
    """Run the pipeline once."""
    order = read_order()
    pipeline = dlt.pipeline(
        "zoom_copy",
        destination=dlt.destinations.postgres(order["dsn"]),
        dataset_name="dlt_copy",
        pipelines_dir=order["folder"],
    )
    with Clock() as clock:
        if variant in ("arrow", "adbc"):
            resource = dlt.resource(
                arrow_tables(order),
                name="participants",
                primary_key=["uuid", "user_id", "join_time"],
                write_disposition=_MERGES[variant],
            )
            pipeline.run(resource, loader_file_format="parquet" if variant == "adbc" else "csv")
        elif variant == "parallel":
            pipeline.run(rest_source(order), loader_file_format="csv")
        else:
            pipeline.run(rest_source(order))
    clock.tell(tables=["dlt_copy.participants"], counted="dlt_copy.participants")


if __name__ == "__main__":
    main()
