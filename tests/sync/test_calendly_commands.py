"""`rollcall calendly …` as a person types it, at the fake Calendly, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from cryptography.fernet import Fernet

from rollcall.cli import main
from rollcall.secrets import Keyring
from sandbox.calendly.harness import Sandbox
from sandbox.calendly.oauth import CLIENT_ID, CLIENT_SECRET, MEMBER_TOKEN, REFRESH_TOKEN, TOKEN
from tests.sync.calendly_runner import USER, open_as_writer
from tests.sync.webhook_receiver import receiving

BASE = "https://airflow.example.test"


class Terminal:
    """A person with an environment, a Calendly and a database."""

    def __init__(
        self, dsn: str, calendly: Sandbox, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.dsn = dsn
        self.calendly = calendly
        self.patch = patch
        self.key = Fernet.generate_key().decode()
        self._capsys = capsys
        patch.setenv("ROLLCALL_DATABASE_URL", dsn)
        patch.setenv("ROLLCALL_FERNET_KEYS", self.key)
        patch.setenv("ROLLCALL_CALENDLY_TOKEN", TOKEN)

    def type(self, *words: str) -> tuple[int, str]:
        """Exit code, and what was said on both streams."""
        code = main(["calendly", *words])
        said = self._capsys.readouterr()
        return code, said.out + said.err

    def connect(self, *words: str) -> tuple[int, str]:
        """`rollcall calendly connect`, at the sandbox."""
        where = ("--api-url", self.calendly.api_url, "--oauth-url", self.calendly.oauth_url)
        return self.type("connect", *where, *words)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        with closing(psycopg.connect(self.dsn, autocommit=True)) as conn:
            return conn.execute(query.encode()).fetchall()


@pytest.fixture
def terminal(
    dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    with Sandbox("empty") as calendly:
        yield Terminal(dsn, calendly, monkeypatch, capsys)


def test_from_connecting_to_switching_off(terminal: Terminal) -> None:
    code, said = terminal.connect("--scope", "organization")
    assert (code, f"Calendly of {USER} is connected" in said) == (0, True)
    assert terminal.type("test", USER)[0] == 0
    assert terminal.type("deactivate", USER.upper())[0] == 0
    head, row = terminal.type("list")[1].splitlines()
    assert head.split()[:6] == ["ID", "USER", "SCOPE", "ROLE", "KIND", "STATE"]
    assert row.split()[1:6] == [USER, "organization", "owner", "personal", "off"]
    assert terminal.type("activate", "1")[0] == 0
    assert "active" in terminal.type("list")[1]
    terminal.calendly.edit("set_role", role="admin")
    assert "role admin" in terminal.type("test", USER)[1]
    assert terminal.type("list")[1].splitlines()[1].split()[3] == "admin"


def test_a_token_that_was_not_copied_well_is_named_as_that_and_nothing_is_asked(terminal: Terminal) -> None:
    terminal.patch.setenv("ROLLCALL_CALENDLY_TOKEN", "eyJ0b2tlbg\u2026")
    terminal.calendly.reset_calls()
    code, said = terminal.connect()
    assert code == 2
    assert "copy it once more" in said
    assert terminal.calendly.calls()["api_calls"] == 0


def test_connecting_again_replaces_the_token_and_nothing_else(terminal: Terminal) -> None:
    terminal.connect()
    terminal.rows(
        "UPDATE users SET calendly_reconnect_needed_at = now(), calendly_initial_sync_complete = true RETURNING 1"
    )
    assert terminal.connect()[0] == 0
    assert terminal.rows(
        "SELECT count(*), bool_and(calendly_initial_sync_complete), count(calendly_reconnect_needed_at) FROM users"
    ) == [(1, True, 0)]


def test_somebody_with_a_new_email_is_the_same_user(terminal: Terminal) -> None:
    # A new e-mail ends the token, so this is what follows.
    terminal.connect()
    terminal.rows(
        "UPDATE users SET email = 'mira.before@acme.test', calendly_initial_sync_complete = true RETURNING 1"
    )
    assert terminal.connect()[0] == 0
    assert terminal.rows("SELECT email, calendly_initial_sync_complete FROM users") == [(USER, True)]


def test_each_missing_scope_is_named_with_what_is_lost(terminal: Terminal) -> None:
    terminal.calendly.edit("grant_scopes", scopes=["users:read", "scheduled_events:read"])
    code, said = terminal.connect()
    assert code == 1
    for word in ("organizations:read", "event_types:read", "webhooks:write", "3 of the calls"):
        assert word in said
    assert terminal.type("test", USER)[0] == 1
    terminal.calendly.edit(
        "grant_scopes",
        scopes=[
            "users:read",
            "organizations:read",
            "event_types:read",
            "scheduled_events:read",
            "webhooks:write",
        ],
    )
    assert terminal.type("test", USER) == (
        0,
        f"The token is that of {USER}, role owner.\nEverything that syncs and webhooks ask for is allowed.\n",
    )


@pytest.mark.parametrize("role_is_told", [True, False])
def test_only_an_owner_or_admin_reads_the_organization(terminal: Terminal, role_is_told: bool) -> None:
    terminal.patch.setenv("ROLLCALL_CALENDLY_TOKEN", MEMBER_TOKEN)
    if not role_is_told:
        terminal.calendly.edit(
            "grant_scopes",
            scopes=["users:read", "event_types:read", "scheduled_events:read", "webhooks:write"],
        )
    code, said = terminal.connect("--scope", "organization")
    assert (code, "owner or admin" in said, "--scope user" in said) == (2, True, True)
    assert terminal.rows("SELECT FROM users") == []
    assert terminal.connect("--scope", "user")[0] == (0 if role_is_told else 1)


def test_a_wrong_token_is_refused_without_showing_it(terminal: Terminal) -> None:
    terminal.patch.setenv("ROLLCALL_CALENDLY_TOKEN", "s3cret-and-wrong")
    code, said = terminal.connect()
    assert (code, "personal access token" in said, "s3cret" in said) == (1, True, False)
    assert terminal.rows("SELECT FROM users") == []


def test_an_oauth_app_is_connected_with_its_rotating_tokens(terminal: Terminal) -> None:
    terminal.patch.setenv("ROLLCALL_CALENDLY_CLIENT_SECRET", CLIENT_SECRET)
    terminal.patch.setenv("ROLLCALL_CALENDLY_REFRESH_TOKEN", REFRESH_TOKEN)
    assert terminal.connect("--kind", "oauth")[0] == 2
    assert terminal.connect("--kind", "oauth", "--client-id", CLIENT_ID)[0] == 0
    ((refresh, secret),) = terminal.rows(
        "SELECT calendly_refresh_token_encrypted, calendly_client_secret_encrypted FROM users"
    )
    ring = Keyring([terminal.key])
    assert ring.decrypt(str(refresh)) not in ("", REFRESH_TOKEN)
    assert ring.decrypt(str(secret)) == CLIENT_SECRET
    terminal.rows("UPDATE users SET calendly_token_expires_at = now() RETURNING 1")
    assert terminal.type("test", USER)[0] == 0
    assert terminal.calendly.calls()["token_grants"] == 2


def test_without_a_key_no_refresh_token_is_used_up(terminal: Terminal) -> None:
    terminal.patch.setenv("ROLLCALL_CALENDLY_CLIENT_SECRET", CLIENT_SECRET)
    terminal.patch.setenv("ROLLCALL_CALENDLY_REFRESH_TOKEN", REFRESH_TOKEN)
    terminal.patch.delenv("ROLLCALL_FERNET_KEYS")
    code, said = terminal.connect("--kind", "oauth", "--client-id", CLIENT_ID)
    assert (code, "ROLLCALL_FERNET_KEYS" in said) == (1, True)
    assert terminal.calendly.calls()["token_grants"] == 0


def test_tokens_come_from_the_environment_only(terminal: Terminal) -> None:
    terminal.patch.delenv("ROLLCALL_CALENDLY_TOKEN")
    code, said = terminal.connect()
    assert (code, "ROLLCALL_CALENDLY_TOKEN" in said) == (2, True)
    for option in ("--token", "--client-secret", "--refresh-token"):
        with pytest.raises(SystemExit) as ended:
            terminal.connect(option, "x")
        assert ended.value.code == 2


def test_an_unknown_user_is_answered_with_those_there_are(terminal: Terminal) -> None:
    for words in (("test", "nobody"), ("activate", "nobody"), ("webhook", "status", "nobody")):
        code, said = terminal.type(*words)
        assert (code, "rollcall calendly connect" in said) == (2, True)
    terminal.connect()
    assert USER in terminal.type("test", "nobody")[1]


def test_webhooks_from_creating_to_deleting(terminal: Terminal) -> None:
    terminal.connect("--scope", "organization")
    assert "No webhook subscriptions" in terminal.type("webhook", "list")[1]
    code, said = terminal.type("webhook", "create", "--url", BASE)
    assert (code, f"{BASE}/rollcall/webhooks/calendly/" in said) == (0, True)
    code, said = terminal.type("webhook", "status")
    assert (code, "active" in said, "last delivery -" in said) == (0, True, True)
    code, said = terminal.type("webhook", "rotate", USER)
    assert (code, "6 hours" in said) == (0, True)
    assert terminal.type("webhook", "list")[1].count(BASE) == 1
    assert "on" in terminal.type("list")[1].splitlines()[1].split()
    assert terminal.type("webhook", "delete") == (
        0,
        f"Deleted 1 subscriptions of {USER}. Changes come with the next sync only.\n",
    )
    code, said = terminal.type("webhook", "status")
    assert (code, said.count("rollcall calendly webhook create")) == (1, 1)


def test_status_tells_of_refusals_and_of_a_disabled_subscription(terminal: Terminal) -> None:
    terminal.connect("--scope", "organization")
    with receiving(lambda: open_as_writer(terminal.dsn), Keyring.from_env) as url:
        terminal.type("webhook", "create", "--url", url)
        terminal.calendly.edit("book")
        terminal.calendly.send(signed="wrong", times=2)
        terminal.calendly.send(age=4000)
    code, said = terminal.type("webhook", "status")
    assert code == 1
    assert "2 refused in 7 days as mismatch" in said
    assert "ROLLCALL_WEBHOOK_TOLERANCE_SECONDS" in said
    assert "tried again since" in said
    terminal.calendly.edit("disable_subscription")
    code, said = terminal.type("webhook", "status")
    assert (code, "is disabled" in said, "webhook create" in said) == (1, True, True)


def test_of_several_users_one_must_be_named(terminal: Terminal) -> None:
    terminal.connect()
    terminal.patch.setenv("ROLLCALL_CALENDLY_TOKEN", MEMBER_TOKEN)
    terminal.connect()
    code, said = terminal.type("webhook", "create", "--url", BASE)
    assert (code, USER in said) == (2, True)
    assert terminal.type("webhook", "create", USER, "--url", BASE)[0] == 0
    assert terminal.type("webhook", "list")[1].count(BASE) == 1


def test_new_keys_are_for_tokens_and_webhooks_too(terminal: Terminal) -> None:
    terminal.connect("--scope", "organization")
    terminal.type("webhook", "create", "--url", BASE)
    new = Fernet.generate_key().decode()
    terminal.patch.setenv("ROLLCALL_FERNET_KEYS", f"{new},{terminal.key}")
    assert main(["connection", "rotate-keys"]) == 0
    assert "Re-encrypted 1 connections (2 secrets)" in terminal.type("list")[1]
    terminal.patch.setenv("ROLLCALL_FERNET_KEYS", new)
    assert terminal.type("test", USER)[0] == 0
    ((key,),) = terminal.rows("SELECT key_encrypted FROM calendly_webhook_keys")
    assert len(Keyring([new]).decrypt(str(key))) == 43


def test_a_lost_key_changes_nothing_and_names_whose_it_was(terminal: Terminal) -> None:
    terminal.connect()
    terminal.patch.setenv("ROLLCALL_FERNET_KEYS", Fernet.generate_key().decode())
    before = terminal.rows("SELECT calendly_token_encrypted FROM users")
    assert main(["connection", "rotate-keys"]) == 1
    assert f"Calendly of {USER}" in terminal.type("list")[1]
    assert terminal.rows("SELECT calendly_token_encrypted FROM users") == before
