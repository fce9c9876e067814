"""The data database as Airflow knows it: connection `rollcall_db`, a Postgres login with role rollcall_writer."""

from __future__ import annotations

import threading

import psycopg

from rollcall.errors import DatabaseUnreachable, SetupError
from rollcall.store.database import set_session

DATABASE = "rollcall_db"

ASKING_AIRFLOW = threading.Lock()
"""A task talks to Airflow over one pipe: whoever asks it for a connection holds this."""


def connect() -> psycopg.Connection:
    """An autocommit connection to the data database. Raises DatabaseUnreachable where it can't be had."""
    # Every Airflow process loads the plugin, few of them ever come here.
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    with ASKING_AIRFLOW:
        hook = PostgresHook(postgres_conn_id=DATABASE)
        try:
            conn = hook.get_conn()
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(
                f"The data database does not answer ({type(error).__name__}): if it is not just restarting, check the "
                f"Airflow connection {DATABASE}."
            ) from error
    if not isinstance(conn, psycopg.Connection):
        raise SetupError("rollcall needs psycopg 3 and SQLAlchemy 2: install what requirements.lock names.")
    conn.autocommit = True
    set_session(conn)
    # Whoever hangs in the middle of a write holds its run: the server ends it, or nobody else could end the run.
    conn.execute("SET idle_in_transaction_session_timeout TO '5min'")
    return conn
