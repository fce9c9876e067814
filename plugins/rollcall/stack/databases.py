"""Makes the two databases, Airflow's own and rollcall's, with a password for each role that logs in."""

from __future__ import annotations

import psycopg
from psycopg import sql

from rollcall.stack.postgres import Postgres
from rollcall.stack.private_files import kept_secret
from rollcall.stack.state import StateFolder
from rollcall.store.database import set_password
from rollcall.store.migrate import migrate_up

AIRFLOW_DATABASE = "airflow"
ROLLCALL_DATABASE = "rollcall"
_LOGINS = ("writer", "reader", "monitor")


def drop_databases(postgres: Postgres) -> None:
    """Drop both databases, so that the next run begins with nothing."""
    for name in (AIRFLOW_DATABASE, ROLLCALL_DATABASE):
        postgres.drop_database(name)


def prepare_airflow_database(state: StateFolder, postgres: Postgres) -> str:
    """Make Airflow's role and database; return the role's address of it."""
    password = kept_secret(state.secrets / "database-airflow")
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as connection:
        query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
        if connection.execute(query, (AIRFLOW_DATABASE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(AIRFLOW_DATABASE)))
        set_password(connection, AIRFLOW_DATABASE, password)
    postgres.create_database(AIRFLOW_DATABASE, owner=AIRFLOW_DATABASE)
    return postgres.dsn(AIRFLOW_DATABASE, AIRFLOW_DATABASE, password)


def prepare_rollcall_database(state: StateFolder, postgres: Postgres) -> dict[str, str]:
    """Make rollcall's database, bring its schema up to date, let its roles log in.

    Returns the address for each of owner, writer, reader and monitor. Raises SetupError where a migration
    fails.
    """
    admin_dsn = postgres.create_database(ROLLCALL_DATABASE)
    migrate_up(admin_dsn)
    addresses = {"owner": admin_dsn}
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        for name in _LOGINS:
            role = f"rollcall_{name}"
            password = kept_secret(state.secrets / f"database-{role}")
            set_password(connection, role, password)
            addresses[name] = postgres.dsn(ROLLCALL_DATABASE, role, password)
    return addresses
