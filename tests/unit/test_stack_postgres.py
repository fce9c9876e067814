"""The embedded Postgres as its users meet it: it starts, keeps data, and survives what machines do to it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rollcall.errors import SetupError
from rollcall.stack.postgres import Postgres
from rollcall.stack.postgres_programs import find_programs, major_version

_START_AND_DIE = """
import os, signal, sys
from pathlib import Path
from rollcall.stack.postgres import Postgres
server = Postgres(Path(sys.argv[1]), preferred_port=0)
server.start()
server.create_database("kept")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    postgres = Postgres(tmp_path / "postgres", preferred_port=0)
    yield postgres
    if postgres.folder.exists():
        postgres.remove()


def answer(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def postmaster(server: Postgres) -> int:
    with psycopg.connect(server.admin_dsn) as connection:
        row = connection.execute(
            "SELECT pg_read_file('postmaster.pid')",
        ).fetchone()
    assert row is not None
    return int(str(row[0]).split("\n", 1)[0])


def test_keeps_data_over_a_stop(server: Postgres) -> None:
    server.start()
    with psycopg.connect(server.create_database("rollcall")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    server.stop()
    assert not server.is_running()
    server.start()
    assert answer(server.dsn("rollcall"), "SELECT one FROM kept") == 1


def test_knows_letters_beyond_ascii(server: Postgres) -> None:
    server.start()
    assert answer(server.admin_dsn, "SELECT lower('ÄÖÜ')") == "äöü"
    assert answer(server.admin_dsn, "SHOW server_encoding") == "UTF8"


def test_refuses_whoever_lacks_the_password(server: Postgres) -> None:
    server.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.dsn("postgres", password="guessed"))


def test_keeps_the_password_to_its_owner(server: Postgres) -> None:
    server.start()
    kept = server.folder / "superuser-password"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_its_account_is_not_handed_our_environment(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLCALL_ZOOM_CLIENT_SECRET", "quicksilver")
    server.start()
    environment = Path(f"/proc/{postmaster(server)}/environ")
    if not environment.exists():
        pytest.skip("this system does not show the environment of a process")
    assert b"PATH=" in environment.read_bytes()
    assert b"quicksilver" not in environment.read_bytes()


def test_its_log_quotes_no_row_that_it_refused(server: Postgres) -> None:
    server.start()
    with psycopg.connect(server.create_database("rollcall"), autocommit=True) as connection:
        connection.execute("CREATE TABLE people (name text, came integer CONSTRAINT nobody CHECK (came < 0))")
        with pytest.raises(psycopg.errors.CheckViolation, match="Ann Zanzibar"):
            connection.execute("INSERT INTO people VALUES (%s, 1)", ["Ann Zanzibar"])
        copy = connection.cursor().copy("COPY people FROM STDIN")
        with pytest.raises(psycopg.errors.CheckViolation, match="Ann Zanzibar"), copy as rows:
            rows.write("Ann Zanzibar\t1\n")
    logged = server.log.read_text()
    assert 'violates check constraint "nobody"' in logged
    assert "Zanzibar" not in logged


def test_steps_around_a_taken_port(server: Postgres) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        beside = Postgres(server.folder, preferred_port=port)
        beside.start()
        assert port < beside.port < port + 50
        beside.stop()


def test_next_start_takes_over_what_a_killed_parent_left(server: Postgres) -> None:
    ended = subprocess.run([sys.executable, "-c", _START_AND_DIE, str(server.folder)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert server.is_running()
    server.start()
    assert answer(server.admin_dsn, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1
    server.stop()
    assert not server.is_running()


def test_recovers_committed_rows_after_the_server_was_killed(server: Postgres) -> None:
    server.start()
    with psycopg.connect(server.admin_dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    os.kill(postmaster(server), signal.SIGKILL)
    server.start()
    assert answer(server.admin_dsn, "SELECT one FROM kept") == 1


def test_makes_the_cluster_again_where_a_first_start_was_cut_off(server: Postgres) -> None:
    server.folder.mkdir(parents=True)
    half_made = server.folder / "data.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    server.start()
    assert answer(server.admin_dsn, "SELECT 1") == 1


def test_starts_in_a_folder_whose_name_a_shell_would_misread() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # root's Postgres would go elsewhere, where it can't enter
        server = Postgres(Path(folder) / 'it\'s "mine" $HOME 100%', preferred_port=0)
        server.start()
        assert answer(server.admin_dsn, "SELECT 1") == 1
        assert server.log.is_relative_to(folder)
        server.remove()


def test_ignores_settings_meant_for_other_servers(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    server.start()
    assert server.is_running()


def test_names_both_versions_where_the_data_is_of_another(server: Postgres) -> None:
    server.start()
    server.stop()
    version_file = next(server.log.parent.glob("data/PG_VERSION"))
    version_file.write_text("14\n")
    with pytest.raises(SetupError, match=r"belongs to Postgres 14.*ROLLCALL_PG_BIN"):
        server.start()


def test_says_what_to_do_where_named_programs_are_missing(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLCALL_PG_BIN", str(tmp_path))
    with pytest.raises(SetupError, match="holds no initdb, pg_ctl and postgres"):
        server.start()


def test_removes_all_it_made(server: Postgres) -> None:
    server.start()
    home = server.log.parent
    server.remove()
    assert not home.exists()
    assert not server.folder.exists()


def installed_programs() -> list[Path]:
    wheel = [] if os.environ.get("ROLLCALL_PG_BIN") else find_programs().parent.parent.glob("pginstall*/bin")
    return [*wheel, *Path("/usr/lib/postgresql").glob("1[5-8]/bin")]


@pytest.mark.parametrize("programs", installed_programs(), ids=lambda programs: str(major_version(programs)))
def test_runs_on_every_version_at_hand(
    server: Postgres, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLCALL_PG_BIN", str(programs))
    server.start()
    assert answer(
        server.admin_dsn, "SELECT current_setting('server_version_num')::int / 10000"
    ) == major_version(programs)
    assert answer(server.admin_dsn, "SELECT lower('Ä')") == "ä"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run Postgres under another account")
def test_root_leaves_the_modes_of_private_folders_alone(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = Postgres(private / "postgres", preferred_port=0)
    server.start()
    try:
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert Path((server.folder / "home").read_text().strip()) == server.log.parent
        assert server.log.parent.stat().st_uid == 0
        assert server.log.stat().st_uid != 0
    finally:
        server.remove()
