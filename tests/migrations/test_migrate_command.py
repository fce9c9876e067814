"""`rollcall migrate …` as a person runs it: what it does, says, and takes from the environment."""

from __future__ import annotations

import pytest

from rollcall.cli import main
from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import migrate_up
from rollcall.store.migration_script import migration_script
from tests.migrations.single_statements import rows


def test_passwords_from_the_environment_let_roles_log_in(
    postgres: Postgres, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLCALL_READER_PASSWORD", "reader-pass")
    migrate_up(empty_database)
    database = empty_database.rsplit("/", 1)[1]
    reader = postgres.dsn(database, "rollcall_reader", "reader-pass")
    assert rows(reader, "SHOW search_path") == [("rollcall, public",)]
    assert rows(reader, "SELECT count(*) FROM zoom_participants") == [(0,)]


def test_the_command_goes_up_reports_and_goes_back(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCALL_DATABASE_URL", empty_database)
    assert main(["migrate", "verify"]) == 1
    assert main(["migrate", "up"]) == 0
    assert "Applied 0001_create_connections" in capsys.readouterr().out
    assert main(["migrate", "up"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["migrate", "verify"]) == 0
    assert main(["migrate", "down", "1"]) == 0
    assert main(["migrate", "status"]) == 0
    out = capsys.readouterr().out
    assert "applied  0001_create_connections" in out
    assert "missing  0002_create_runs" in out
    assert main(["migrate", "up", "99"]) == 2
    assert main(["migrate", "script"]) == 0
    assert capsys.readouterr().out == migration_script()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:/:s3cret@nowhere",
        "postgresql://u:s3cret@127.0.0.1:1/none",
        "postgresql://u:p@s3cret@127.0.0.1:1/none",
    ],
)
def test_a_bad_address_is_one_sentence_without_the_password(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCALL_DATABASE_URL", address)
    assert main(["migrate", "up"]) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("rollcall: The database")
    assert "s3cret" not in complaint
