"""The lists of participants, row by row: SELECT, then INSERT or UPDATE; a commit for each page.

What is written when nobody measures: one HTTP session, one connection, one thread.
"""

from __future__ import annotations

from typing import Any

import psycopg
import requests

from benchmarks.clock import Clock, read_order

_TABLE = """CREATE TABLE IF NOT EXISTS participants (
    uuid text, user_id text, join_time timestamptz, leave_time timestamptz, participant_user_id text,
    registrant_id text, name text, user_email text, duration integer, status text, failover boolean,
    PRIMARY KEY (uuid, user_id, join_time))"""
_SELECT = (
    "SELECT 1 FROM participants WHERE uuid = %(uuid)s AND user_id = %(user_id)s AND join_time = %(join_time)s"
)
_INSERT = """INSERT INTO participants VALUES (%(uuid)s, %(user_id)s, %(join_time)s, %(leave_time)s,
    %(participant_user_id)s, %(registrant_id)s, %(name)s, %(user_email)s, %(duration)s, %(status)s, %(failover)s)"""
_UPDATE = """UPDATE participants SET leave_time = %(leave_time)s, participant_user_id = %(participant_user_id)s,
    registrant_id = %(registrant_id)s, name = %(name)s, user_email = %(user_email)s, duration = %(duration)s,
    status = %(status)s, failover = %(failover)s
    WHERE uuid = %(uuid)s AND user_id = %(user_id)s AND join_time = %(join_time)s"""


def store(conn: psycopg.Connection, uuid: str, row: dict[str, Any]) -> None:
    """Update the row if it is there, insert it if it is not."""
    values = {
        **dict.fromkeys(("leave_time", "registrant_id")),
        **row,
        "uuid": uuid,
        "name": row["name"].replace("\x00", ""),  # Postgres refuses a NUL
    }
    values["leave_time"] = values["leave_time"] or None
    known = conn.execute(_SELECT, values).fetchone()
    conn.execute(_UPDATE if known else _INSERT, values)


def copy(order: dict[str, Any], conn: psycopg.Connection) -> None:
    """Read and store list after list, page after page."""
    with requests.Session() as http:
        http.trust_env = False
        http.headers["Authorization"] = f"Bearer {order['token']}"
        for one in order["lists"]:
            address = f"{order['api_url']}/report/webinars/{one['key']}/participants"
            params = {"page_size": "300", "include_fields": "registrant_id", "next_page_token": ""}
            while True:
                answer = http.get(address, params=params, timeout=60)
                answer.raise_for_status()
                page = answer.json()
                for row in page["participants"]:
                    store(conn, one["uuid"], row)
                conn.commit()
                params["next_page_token"] = page["next_page_token"]
                if not page["next_page_token"]:
                    break


def main() -> None:
    """Copy everything once."""
    order = read_order()
    with psycopg.connect(order["dsn"]) as conn:
        conn.execute(_TABLE)
        conn.commit()
        with Clock() as clock:
            copy(order, conn)
    clock.tell(tables=["public.participants"], counted="public.participants")


if __name__ == "__main__":
    main()
