"""What tasks and the API are given from Airflow: a database, HTTP sessions, the keys.

Airflow connections: `rollcall_db` (Postgres, role rollcall_writer) and `zoom_http` (HTTP: proxies, TLS and headers of
the calls to Zoom; its host is not used, each Zoom connection has its own).
"""

from __future__ import annotations

import threading

import psycopg
import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.postgres.hooks.postgres import PostgresHook

from rollcall.errors import SetupError
from rollcall.secrets import Keyring
from rollcall.sync.account import Resources

DATABASE = "rollcall_db"
HTTP = "zoom_http"

_asking_airflow = threading.Lock()  # a task talks to Airflow over one pipe


def connect() -> psycopg.Connection:
    """An autocommit connection to the data database. Raises SetupError where it can't be had."""
    with _asking_airflow:
        hook = PostgresHook(postgres_conn_id=DATABASE)
        try:
            conn = hook.get_conn()
        except psycopg.OperationalError as error:
            raise SetupError(
                f"The data database does not answer ({type(error).__name__}): check the Airflow connection {DATABASE}."
            ) from error
    if not isinstance(conn, psycopg.Connection):
        raise SetupError("rollcall needs psycopg 3 and SQLAlchemy 2: install what requirements.lock names.")
    conn.autocommit = True
    conn.execute("SET search_path TO rollcall, public")
    return conn


def http_session() -> requests.Session:
    """A session as the Airflow connection `zoom_http` shapes it."""
    with _asking_airflow:
        session: requests.Session = HttpHook(http_conn_id=HTTP).get_conn()
    return session


def resources() -> Resources:
    """All of it, for the use cases in rollcall.sync."""
    return Resources(connect=connect, session_factory=http_session, keyring=Keyring.from_env)
