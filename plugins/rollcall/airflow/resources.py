"""What tasks are given from Airflow: a database, HTTP sessions, the keys.

The Airflow connection `zoom_http` (HTTP) shapes the calls to Zoom: proxies, TLS and headers. Its host is not used, each
Zoom connection has its own address.
"""

from __future__ import annotations

import requests
from airflow.providers.http.hooks.http import HttpHook

from rollcall.airflow.database import ASKING_AIRFLOW, connect
from rollcall.secrets import Keyring
from rollcall.sync.run_session import Resources

HTTP = "zoom_http"


def http_session() -> requests.Session:
    """A session as the Airflow connection `zoom_http` shapes it."""
    with ASKING_AIRFLOW:
        session: requests.Session = HttpHook(http_conn_id=HTTP).get_conn()
    return session


def resources() -> Resources:
    """All of it, for the use cases in rollcall.sync."""
    return Resources(connect=connect, session_factory=http_session, keyring=Keyring.from_env)
