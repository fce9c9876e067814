"""What any way of copying the lists costs at least: `python -m benchmarks.floors fetch|parse|copy|upsert`.

fetch    every page, and nothing done with it
parse    every page, its JSON read
copy     the rows in a table with the indexes of our sessions, by COPY
upsert   the rows in an unlogged table by COPY, from there by one statement into a table with a key and no more
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
import psycopg

from benchmarks.clock import Clock, read_order

THREADS = 3
"""As many as is best on two cores, one of which the sandbox needs."""

_FIELDS = (
    *("user_id", "participant_user_id", "registrant_id", "name", "user_email", "join_time"),
    *("duration", "status", "failover"),  # and leave_time, which is "" where it is not known
)
_COPIED = """COPY floor_sessions (participant_id, instance_id, webinar_id, attendance_source, user_id,
    participant_user_id, registrant_id, name, email, join_time, duration, status, failover, leave_time) FROM STDIN"""
_COLUMNS = """user_id text, participant_user_id text, registrant_id text, name text, email text, join_time timestamptz,
    duration integer, status text, failover boolean, leave_time timestamptz"""
_NAMES = [column.split()[0] for column in _COLUMNS.split(",")]
_UPSERT = f"""INSERT INTO floor_upserted AS t (instance_id, {", ".join(_NAMES)})
    SELECT DISTINCT ON (instance_id, user_id, join_time) * FROM floor_staged
    ON CONFLICT (instance_id, user_id, join_time)
    DO UPDATE SET {", ".join(f"{n} = EXCLUDED.{n}" for n in _NAMES)} WHERE (t.*) IS DISTINCT FROM (EXCLUDED.*)"""  # noqa: S608

Page = dict[str, Any]


def pages(order: dict[str, Any], key: str, connection: http.client.HTTPConnection) -> Iterator[bytes]:
    """The bodies of one list's pages, each asked for with the token of the one before."""
    headers = {"Authorization": f"Bearer {order['token']}", "Accept": "application/json"}
    base = f"{urlsplit(order['api_url']).path}/report/webinars/{key}/participants"
    target = f"{base}?page_size=300&include_fields=registrant_id"
    token = ""
    while True:
        connection.request(
            "GET", f"{target}&next_page_token={quote(token)}" if token else target, headers=headers
        )
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"a page of {key} was refused with {answer.status}")
        yield body
        # The token stands in the head, before the rows: no need to read all of it.
        start = body.index(b'"next_page_token":"') + 19
        token = body[start : body.index(b'"', start)].decode()
        if not token:
            return


def rows_of(body: bytes) -> list[Page]:
    """The rows of a page."""
    # Some names hold a NUL, which Postgres refuses.
    rows: list[Page] = orjson.loads(body.replace(b"\\u0000", b""))["participants"]
    return rows


def each_list(
    order: dict[str, Any], work: Callable[[Iterator[dict[str, Any]], http.client.HTTPConnection], None]
) -> None:
    """Share the lists among threads; each has its connection and takes the next list when it is done with one."""
    lists = iter(order["lists"])

    def run(_: int) -> None:
        with closing(http.client.HTTPConnection(urlsplit(order["api_url"]).netloc, timeout=60)) as connection:
            work(lists, connection)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(run, range(THREADS)):
            pass


def fetch(order: dict[str, Any]) -> None:
    """Ask for all pages."""

    def work(lists: Iterator[dict[str, Any]], connection: http.client.HTTPConnection) -> None:
        for one in lists:
            for _ in pages(order, one["key"], connection):
                pass

    each_list(order, work)


def parse(order: dict[str, Any]) -> None:
    """Ask for all pages and read them."""

    def work(lists: Iterator[dict[str, Any]], connection: http.client.HTTPConnection) -> None:
        for one in lists:
            for body in pages(order, one["key"], connection):
                rows_of(body)

    each_list(order, work)


def copy(order: dict[str, Any]) -> None:
    """Rows into a table like our sessions, whose ids cost nothing here."""

    def work(lists: Iterator[dict[str, Any]], connection: http.client.HTTPConnection) -> None:
        with psycopg.connect(order["dsn"]) as conn:
            for one in lists:
                number = one["number"]
                with conn.cursor() as cursor, cursor.copy(_COPIED) as copying:
                    person = number * 1_000_000
                    for body in pages(order, one["key"], connection):
                        for row in rows_of(body):
                            person += 1
                            head = (person, number, one["webinar_id"], "report")
                            copying.write_row((*head, *map(row.get, _FIELDS), row.get("leave_time") or None))
                conn.commit()

    each_list(order, work)


def upsert(order: dict[str, Any]) -> None:
    """Rows into staging, a commit for each list, then one upsert."""

    def work(lists: Iterator[dict[str, Any]], connection: http.client.HTTPConnection) -> None:
        with psycopg.connect(order["dsn"]) as conn:
            for one in lists:
                number = one["number"]
                with conn.cursor() as cursor, cursor.copy("COPY floor_staged FROM STDIN") as copying:
                    for body in pages(order, one["key"], connection):
                        for row in rows_of(body):
                            copying.write_row((number, *map(row.get, _FIELDS), row.get("leave_time") or None))
                conn.commit()

    each_list(order, work)
    with psycopg.connect(order["dsn"]) as conn:
        conn.execute(_UPSERT)
        conn.commit()
        conn.execute("TRUNCATE floor_staged")


def prepare(dsn: str) -> None:
    """Make the tables, unless an earlier run did."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE IF NOT EXISTS floor_sessions"
            " (LIKE rollcall.zoom_participant_sessions INCLUDING DEFAULTS INCLUDING INDEXES)"
        )
        conn.execute("ALTER TABLE floor_sessions ALTER session_id SET DEFAULT gen_random_uuid()")
        conn.execute(
            f"CREATE UNLOGGED TABLE IF NOT EXISTS floor_staged (instance_id integer, {_COLUMNS})".encode()
        )
        conn.execute(
            f"CREATE TABLE IF NOT EXISTS floor_upserted (instance_id integer, {_COLUMNS},"
            " PRIMARY KEY (instance_id, user_id, join_time))".encode()
        )


FLOORS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "fetch": (fetch, ""),
    "parse": (parse, ""),
    "copy": (copy, "public.floor_sessions"),
    "upsert": (upsert, "public.floor_upserted"),
}


def main() -> None:
    """Run the floor that the first argument names."""
    order = read_order()
    floor, table = FLOORS[sys.argv[1]]
    order["lists"] = [{**one, "number": number} for number, one in enumerate(order["lists"])]
    prepare(order["dsn"])
    with Clock() as clock:
        floor(order)
    clock.tell(tables=[table] if table else [], counted=table, process=os.getpid())


if __name__ == "__main__":
    main()
