"""`rollcall calendly …`: the people whose Calendly is read. Tokens come from the environment or a prompt."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from rollcall.cli import calendly_webhook
from rollcall.cli.stored import DATABASE_VARIABLE, calendly_resources, database_address
from rollcall.cli.terminal import ask_secret, print_table, state_of

if TYPE_CHECKING:
    from rollcall.sync.calendly.connect import App, Proof

_TOKEN = "ROLLCALL_CALENDLY_TOKEN"  # noqa: S105 - the name of a variable
_CLIENT_SECRET = "ROLLCALL_CALENDLY_CLIENT_SECRET"  # noqa: S105 - the name of a variable
_REFRESH_TOKEN = "ROLLCALL_CALENDLY_REFRESH_TOKEN"  # noqa: S105 - the name of a variable


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "calendly",
        help="Calendly users: connect, list, test, switch off, webhooks",
        description=f"The database is the one that {DATABASE_VARIABLE} names, else that of the stack that runs here.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _register_connect(actions)
    actions.add_parser("list", help="show all users").set_defaults(run=run_list)
    for name, help_text, run in (
        ("test", "ask whose the token is, name each missing scope", run_test),
        ("deactivate", "switch a user off: no sync starts for them", run_deactivate),
        ("activate", "switch a user on again", run_activate),
    ):
        action = actions.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        action.add_argument("user", metavar="USER", help="e-mail or id, as `rollcall calendly list` shows it")
        action.set_defaults(run=run)
    calendly_webhook.register(actions)


def _register_connect(actions: argparse._SubParsersAction[Any]) -> None:
    connect = actions.add_parser(
        "connect",
        help="connect a Calendly user, or connect again with a new token",
        description=f"The token is read from {_TOKEN}, for kind oauth {_CLIENT_SECRET} and {_REFRESH_TOKEN}, or asked "
        "for on the terminal; never from arguments, which other users of the machine can see. Calendly tells "
        "whose it is.",
    )
    connect.add_argument(
        "--scope",
        choices=("user", "organization"),
        default="user",
        help="whose meetings to read: the user's own, or everybody's, which needs an owner or admin "
        "(default: %(default)s)",
    )
    connect.add_argument(
        "--kind",
        choices=("personal", "oauth"),
        default="personal",
        help="a personal access token, or an OAuth app (default: %(default)s)",
    )
    connect.add_argument("--client-id", help="of the OAuth app; needed for oauth")
    connect.add_argument("--api-url", metavar="URL", help="where the API is (default: Calendly's)")
    connect.add_argument("--oauth-url", metavar="URL", help="where tokens come from (default: Calendly's)")
    connect.set_defaults(run=run_connect)


def run_connect(args: argparse.Namespace) -> int:
    """Prove the token and store it; 1 where a scope is missing."""
    from rollcall.store.database import connected
    from rollcall.sync.calendly.connect import connect

    credentials = _credentials(args)
    urls = {name: value for name in ("api_url", "oauth_url") if (value := getattr(args, name))}
    resources = calendly_resources()
    # Before anything is asked of Calendly: a refresh token that can't be encrypted or stored then would be lost.
    resources.keyring()
    with connected(database_address()) as conn:
        conn.execute("SELECT FROM users LIMIT 1")
        proof = connect(resources, conn, credentials, scope=args.scope, **urls)
    print(f"Calendly of {proof.standing.email} is connected, to read {_whose(args.scope)}.")
    return _told(proof)


def run_list(_args: argparse.Namespace) -> int:
    """Show all users, without their secrets."""
    from rollcall.store.database import connected
    from rollcall.store.users import read_users

    with connected(database_address()) as conn:
        found = read_users(conn)
    if not found:
        print("No Calendly users yet: `rollcall calendly connect` connects one.")
        return 0
    print_table(
        ("ID", "USER", "SCOPE", "ROLE", "KIND", "STATE", "LAST SYNC (UTC)", "FIRST SYNC", "WEBHOOK"),
        [
            (
                str(user.id),
                user.email,
                user.calendly_scope,
                user.calendly_role or "-",
                user.calendly_token_kind,
                state_of(user.calendly_is_active, user.calendly_reconnect_needed_at),
                f"{user.last_calendly_sync:%Y-%m-%d %H:%M}" if user.last_calendly_sync else "-",
                "complete" if user.calendly_initial_sync_complete else "to do",
                "on" if user.calendly_webhook_enabled else "-",
            )
            for user in found
        ],
    )
    return 0


def run_test(args: argparse.Namespace) -> int:
    """Test a user's token; 1 where a scope is missing."""
    from rollcall.store.database import connected
    from rollcall.sync.calendly.connect import test_user

    with connected(database_address()) as conn:
        proof = test_user(calendly_resources(), conn, args.user)
    standing = proof.standing
    print(f"The token is that of {standing.email}, role {standing.role or 'not told'}.")
    return _told(proof)


def run_deactivate(args: argparse.Namespace) -> int:
    """Switch a user off."""
    return _switch(args.user, active=False)


def run_activate(args: argparse.Namespace) -> int:
    """Switch a user on."""
    return _switch(args.user, active=True)


def _switch(name: str, *, active: bool) -> int:
    from rollcall.store.database import connected
    from rollcall.sync.calendly.connect import switch

    with connected(database_address()) as conn:
        user = switch(conn, name, active=active)
    print(f"Calendly of {user.email} is switched {'on' if active else 'off'}.")
    return 0


def _credentials(args: argparse.Namespace) -> str | App:
    from rollcall.errors import WrongUse
    from rollcall.sync.calendly.connect import App

    if args.kind == "personal":
        return ask_secret(_TOKEN, "Personal access token")
    if not args.client_id:
        raise WrongUse("Kind oauth needs --client-id: copy it from the app in Calendly's developer account.")
    return App(
        args.client_id,
        ask_secret(_CLIENT_SECRET, "Client secret"),
        ask_secret(_REFRESH_TOKEN, "Refresh token"),
    )


def _told(proof: Proof) -> int:
    if proof.passed:
        print("Everything that syncs and webhooks ask for is allowed.")
        return 0
    print(f"{len(proof.lacking)} of the calls that syncs and webhooks make were refused:")
    print_table(
        ("SCOPE", "WITHOUT IT", "REFUSAL"),
        [(endpoint.scope, endpoint.without, refusal) for endpoint, refusal in proof.lacking],
    )
    return 1


def _whose(scope: str) -> str:
    return "the meetings of the whole organization" if scope == "organization" else "their own meetings"
