"""Airflow's configuration for a stack on one machine, as environment variables.

Everything comes from here: a person's own AIRFLOW__… variables are dropped, so that a stack behaves the same
everywhere. Secrets are made once, kept in the state folder and never put on a command line.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from rollcall.stack.postgres_home import clean_environment
from rollcall.stack.private_files import kept_secret, write_private
from rollcall.stack.state import StateFolder

ADMIN = "admin"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class AirflowAddresses:
    """What Airflow has to reach: its own port, its metadata database, rollcall's database."""

    port: int
    metadata_dsn: str
    rollcall_dsn: str

    @property
    def url(self) -> str:
        """Airflow's address for people and programs."""
        return f"http://{HOST}:{self.port}"


def admin_password(state: StateFolder) -> str:
    """Return the password of the login `admin`, made at the first start."""
    return kept_secret(state.secrets / "airflow-admin-password", lambda: secrets.token_urlsafe(12))


def fernet_keys(state: StateFolder) -> str:
    """Return the keys for the connections' secrets (ROLLCALL_FERNET_KEYS), made at the first start."""
    return kept_secret(state.secrets / "rollcall-fernet-keys", _new_key)


def airflow_environment(
    state: StateFolder, addresses: AirflowAddresses, *, dags: Path, plugins: Path
) -> dict[str, str]:
    """Return the environment for every Airflow program of the stack."""
    passwords = state.airflow / "passwords.json"
    write_private(passwords, json.dumps({ADMIN: admin_password(state)}))
    settings = {
        **_settings(state, addresses),
        "core__dags_folder": str(dags),
        "core__plugins_folder": str(plugins),
        "core__simple_auth_manager_users": f"{ADMIN}:admin",
        "core__simple_auth_manager_passwords_file": str(passwords),
    }
    kept = {name: value for name, value in clean_environment().items() if not name.startswith("AIRFLOW__")}
    return {
        # A person may bring HTTP connections of their own, for a proxy or a private certificate authority.
        "AIRFLOW_CONN_ZOOM_HTTP": json.dumps({"conn_type": "http"}),
        "AIRFLOW_CONN_CALENDLY_HTTP": json.dumps({"conn_type": "http"}),
        **kept,
        **_no_proxy_here(kept),
        **{f"AIRFLOW__{name.upper()}": value for name, value in settings.items()},
        "AIRFLOW_HOME": str(state.airflow),
        "AIRFLOW_CONN_ROLLCALL_DB": addresses.rollcall_dsn,
        "ROLLCALL_FERNET_KEYS": fernet_keys(state),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
    }


def _no_proxy_here(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment's exceptions from its proxies, and this machine: tasks report to Airflow over HTTP."""
    given = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    # A lone `*` means everything, one among others nothing.
    wanted = given if given.strip() == "*" else ",".join(filter(None, (given, HOST, "localhost")))
    return {"NO_PROXY": wanted, "no_proxy": wanted}


def _settings(state: StateFolder, addresses: AirflowAddresses) -> Mapping[str, str]:
    return {
        "core__executor": "LocalExecutor",
        "core__parallelism": "16",
        "core__load_examples": "False",
        "core__dags_are_paused_at_creation": "False",
        "core__fernet_key": kept_secret(state.secrets / "airflow-fernet-key", _new_key),
        # Asking the network for this machine's name may take seconds or fail.
        "core__hostname_callable": "socket.gethostname",
        "core__execution_api_server_url": f"{addresses.url}/execution/",
        "database__sql_alchemy_conn": addresses.metadata_dsn.replace(
            "postgresql://", "postgresql+psycopg2://"
        ),
        "api__base_url": addresses.url,
        "api__host": HOST,
        "api__port": str(addresses.port),
        "api__workers": "1",
        "api__secret_key": kept_secret(state.secrets / "airflow-api-secret"),
        "api_auth__jwt_secret": kept_secret(
            state.secrets / "airflow-jwt-secret", lambda: secrets.token_urlsafe(64)
        ),
        "logging__base_log_folder": str(state.logs / "tasks"),
        "logging__dag_processor_child_process_log_directory": str(state.logs / "dag_processor"),
        # A task starts when the scheduler looks next.
        "scheduler__scheduler_idle_sleep_time": "0.2",
        "scheduler__job_heartbeat_sec": "5",
        # A task whose process is gone, supervisor and all, goes again within a minute.
        "scheduler__task_instance_heartbeat_timeout": "30",
        "scheduler__task_instance_heartbeat_timeout_detection_interval": "5",
        "scheduler__scheduler_health_check_threshold": "20",
        "scheduler__orphaned_tasks_check_interval": "15",
        # Reading a Dag costs about a second of processor time; one that changed is read at once all the same.
        "dag_processor__parsing_processes": "1",
        "dag_processor__refresh_interval": "30",
        "dag_processor__min_file_process_interval": "300",
        "dag_processor__stale_dag_threshold": "600",
    }


def _new_key() -> str:
    return Fernet.generate_key().decode("ascii")
