"""What tasks are given from Airflow: a database, HTTP sessions, the keys.

The Airflow connections `zoom_http` and `calendly_http` (HTTP) shape the calls to each source: proxies, TLS and headers.
Their hosts are not used, each Zoom connection and Calendly user has its own address.
"""

from __future__ import annotations

from functools import partial

import requests

from rollcall.airflow.database import ASKING_AIRFLOW, connect
from rollcall.secrets import Keyring
from rollcall.sync.run_session import Resources

ZOOM_HTTP = "zoom_http"
CALENDLY_HTTP = "calendly_http"


def http_session(connection: str) -> requests.Session:
    """A session as the Airflow connection of that id shapes it."""
    # It brings an asynchronous client along, which tasks that call nobody would pay for.
    from airflow.providers.http.hooks.http import HttpHook

    with ASKING_AIRFLOW:
        session: requests.Session = HttpHook(http_conn_id=connection).get_conn()
    return session


def zoom_resources() -> Resources:
    """All of it, for the use cases that call Zoom."""
    return _resources(ZOOM_HTTP)


def calendly_resources() -> Resources:
    """All of it, for the use cases that call Calendly."""
    return _resources(CALENDLY_HTTP)


def _resources(connection: str) -> Resources:
    session_factory = partial(http_session, connection)
    return Resources(connect=connect, session_factory=session_factory, keyring=Keyring.from_env)
