"""The same schema on every Postgres that this machine has, from 15 on, and for an owner who is no superuser."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from rollcall.errors import SetupError
from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import check_schema, migrate_down, migrate_up
from tests.migrations.postgres_programs import dump, installed_versions
from tests.sql.attendance_case import AttendanceCase, row


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(folder, id=f"postgres-{version}") for version, folder in installed_versions().items()
    ],
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROLLCALL_PG_BIN", str(request.param))
        postgres = Postgres(tmp_path_factory.mktemp("postgres"), preferred_port=0)
        try:
            postgres.start()
            yield postgres
        finally:
            postgres.remove()


def test_up_down_and_up_again_and_a_whole_run(server: Postgres) -> None:
    address = server.create_database("superuser_case")
    migrate_up(address)
    first = dump(address)
    migrate_down(address, 0)
    migrate_up(address)
    assert dump(address) == first

    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute("SET ROLE rollcall_writer; SET search_path TO rollcall, public")
        case = AttendanceCase(conn)
        case.read([row("Ann", email="a@x.test", leave=10), row("ann", email="A@x.test", join=20, leave=30)])
        assert [(person["session_count"], person["attended_seconds"]) for person in case.people()] == [
            (2, 1200)
        ]


def test_an_e_mail_in_capitals_is_the_same_one_in_a_turkish_database(server: Postgres) -> None:
    with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
        if not conn.execute("SELECT FROM pg_collation WHERE collname = 'tr-x-icu'").fetchall():
            pytest.skip("this Postgres was built without ICU")
        turkish = "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C' ENCODING 'UTF8' TEMPLATE template0"
        conn.execute(f"CREATE DATABASE turkish_case {turkish}".encode())
    address = server.dsn("turkish_case")
    migrate_up(address)
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute("SET ROLE rollcall_writer; SET search_path TO rollcall, public")
        case = AttendanceCase(conn)
        case.read(
            [row("Ann", email="INFO@x.test", leave=10), row("Ann", email="info@x.test", join=20, leave=30)]
        )
        assert [person["session_count"] for person in case.people()] == [2]


def test_an_owner_without_superuser_migrates_up_and_down(server: Postgres) -> None:
    with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
        # As if no rollcall had ever been on this server.
        conn.execute("DROP DATABASE IF EXISTS superuser_case WITH (FORCE)")
        conn.execute("DROP DATABASE IF EXISTS turkish_case WITH (FORCE)")
        for role in ("writer", "reader", "monitor", "owner"):
            conn.execute(f"DROP ROLE IF EXISTS rollcall_{role}".encode())
        conn.execute("CREATE ROLE dba LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD 'dba-pass'")
    server.create_database("dba_case", owner="dba")
    address = server.dsn("dba_case", "dba", "dba-pass")
    migrate_up(address)
    with psycopg.connect(address) as conn:
        conn.execute("SET ROLE rollcall_owner")
        check_schema(conn)
    migrate_down(address, 0)
    assert migrate_up(address)
    assert migrate_up(address) == []


def test_an_upgrade_needs_no_more_than_the_owners_role(server: Postgres) -> None:
    address = server.create_database("upgrade_case")
    migrate_up(address, 2)
    with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
        conn.execute("CREATE ROLE upgrader LOGIN NOINHERIT PASSWORD 'upgrader-pass'")
        conn.execute("GRANT rollcall_owner TO upgrader")
    migrate_up(address)
    migrate_down(address, 4)
    as_upgrader = server.dsn("upgrade_case", "upgrader", "upgrader-pass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROLLCALL_READER_PASSWORD", "reader-pass")
        with pytest.raises(SetupError, match="nothing was changed: unset ROLLCALL_READER_PASSWORD"):
            migrate_up(as_upgrader)
    assert migrate_up(as_upgrader)


def test_somebody_without_rights_is_told_what_is_needed(server: Postgres) -> None:
    address = server.create_database("stranger_case")
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger-pass'")
    with pytest.raises(SetupError, match="owner or a superuser must migrate"):
        migrate_up(server.dsn("stranger_case", "stranger", "stranger-pass"))
