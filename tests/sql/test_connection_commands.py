"""`rollcall connection …`: what each command does, says, and refuses."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from rollcall.cli import main
from tests.sql.connection_world import SECRET, World


class TestCommands:
    """`rollcall connection …` as a person types it."""

    @pytest.fixture(autouse=True)
    def environment(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.key = Fernet.generate_key().decode()
        self.world = world
        self.patch = monkeypatch
        monkeypatch.setenv("ROLLCALL_DATABASE_URL", world.dsn)
        monkeypatch.setenv("ROLLCALL_FERNET_KEYS", self.key)
        monkeypatch.setenv("ROLLCALL_ZOOM_CLIENT_SECRET", SECRET)

    def add(self, *more: str) -> int:
        url = self.world.server.url
        where = ["--api-url", f"{url}/v2", "--oauth-url", f"{url}/oauth/token"]
        return main(["connection", "add", "acme", "--account-id", "a1", "--client-id", "app", *where, *more])

    def test_from_adding_to_switching_off(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.add("--plan", "business") == 0
        assert main(["connection", "test", "acme"]) == 0
        assert main(["connection", "deactivate", "acme"]) == 0
        capsys.readouterr()
        assert main(["connection", "list"]) == 0
        head, row = capsys.readouterr().out.splitlines()
        assert head.split()[:5] == ["NAME", "KIND", "PLAN", "ACCOUNT", "STATE"]
        assert row.split()[:5] == ["acme", "server_to_server", "business", "a1", "off"]
        assert main(["connection", "activate", "acme"]) == 0

    def test_a_missing_scope_is_named_and_fails_the_test(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.world.zoom.scopes = "user:read:admin webinar:read:admin"
        self.add()
        assert main(["connection", "test", "acme"]) == 1
        assert "report:read:list_webinar_participants:admin" in capsys.readouterr().out

    def test_a_role_without_the_rights_is_told_in_a_sentence(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.patch.setenv("ROLLCALL_DATABASE_URL", f"{self.world.dsn}%20-crole%3Drollcall_reader")
        for command in (["connection", "list"], ["calendly", "list"], ["migrate", "status"], ["health"]):
            assert main(command) == 1
            said = capsys.readouterr().err
            assert "permission denied" in said
            assert "rollcall_writer" in said
            assert said.count("\n") == 1

    def test_a_database_that_goes_away_meanwhile_is_one_sentence(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.patch.setenv("ROLLCALL_DATABASE_URL", f"{self.world.dsn}%20-clock_timeout%3D50ms")
        with self.world.db.transaction():
            self.world.db.execute("LOCK TABLE zoom_connections")
            assert main(["connection", "list"]) == 1
        assert capsys.readouterr().err.startswith("rollcall: The database broke off: ")

    def test_rotate_keys_says_how_many(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.add()
        self.patch.setenv("ROLLCALL_FERNET_KEYS", f"{Fernet.generate_key().decode()},{self.key}")
        assert main(["connection", "rotate-keys"]) == 0
        assert "Re-encrypted 1 connections (1 secrets)" in capsys.readouterr().out

    def test_a_missing_secret_is_wrong_use_and_names_its_variable(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.patch.delenv("ROLLCALL_ZOOM_CLIENT_SECRET")
        assert self.add() == 2
        assert "ROLLCALL_ZOOM_CLIENT_SECRET" in capsys.readouterr().err

    def test_no_secret_can_be_given_as_an_argument(self) -> None:
        for option in ("--client-secret", "--refresh-token", "--secret"):
            with pytest.raises(SystemExit) as ended:
                self.add(option, "x")
            assert ended.value.code == 2

    @pytest.mark.parametrize("keys", ["", "not-a-key"])
    def test_a_missing_or_bad_key_says_how_to_make_one(
        self, capsys: pytest.CaptureFixture[str], keys: str
    ) -> None:
        self.patch.setenv("ROLLCALL_FERNET_KEYS", keys)
        assert self.add() == 1
        assert "Fernet.generate_key()" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "address", ["postgresql://me:g3heim@127.0.0.1:1/x", "host=127.0.0.1 pass word=g3heim"]
    )
    def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(
        self, capsys: pytest.CaptureFixture[str], address: str
    ) -> None:
        self.patch.setenv("ROLLCALL_DATABASE_URL", address)
        assert main(["connection", "list"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("rollcall: The database")
        assert "g3heim" not in said
