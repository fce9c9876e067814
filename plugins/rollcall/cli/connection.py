"""`rollcall connection …`: the Zoom accounts to read. Secrets come from the environment or a prompt."""

from __future__ import annotations

import argparse
from typing import Any

from rollcall.cli.stored import DATABASE_VARIABLE, database_address, keyring
from rollcall.cli.terminal import ask_secret, print_table, state_of

_CLIENT_SECRET = "ROLLCALL_ZOOM_CLIENT_SECRET"  # noqa: S105 - the name of a variable
_REFRESH_TOKEN = "ROLLCALL_ZOOM_REFRESH_TOKEN"  # noqa: S105 - the name of a variable


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "connection",
        help="Zoom accounts: add, list, test, switch off, rotate keys",
        description=f"The database is the one that {DATABASE_VARIABLE} names, else that of the stack that runs here.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _register_add(actions)
    for name, help_text, run in (
        ("test", "fetch a token, name each missing scope, make one call", run_test),
        ("deactivate", "switch a connection off: no sync starts for it", run_deactivate),
        ("activate", "switch a connection on again", run_activate),
    ):
        action = actions.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        action.add_argument("name", metavar="NAME")
        action.set_defaults(run=run)
    actions.add_parser("list", help="show all connections").set_defaults(run=run_list)
    rotate_help = "encrypt all stored secrets with the first key of ROLLCALL_FERNET_KEYS"
    actions.add_parser("rotate-keys", help=rotate_help).set_defaults(run=run_rotate_keys)


def _register_add(actions: argparse._SubParsersAction[Any]) -> None:
    add = actions.add_parser(
        "add",
        help="add a Zoom account",
        description=f"Secrets are read from {_CLIENT_SECRET} and, for kind oauth, {_REFRESH_TOKEN}, or asked "
        "for on the terminal; never from arguments, which other users of the machine can see.",
    )
    add.add_argument("name", metavar="NAME", help="your name for it: letters, digits, `_`, `.`, `-`")
    add.add_argument("--client-id", required=True, help="of the app in the Zoom Marketplace")
    add.add_argument(
        "--kind",
        choices=("server_to_server", "oauth"),
        default="server_to_server",
        help="what the app is (default: %(default)s)",
    )
    add.add_argument("--account-id", help="of the Zoom account; needed for server_to_server")
    add.add_argument(
        "--plan",
        default="pro",
        help="of the Zoom account, which decides how fast it may be called: free, pro, business, or "
        "unlimited for a sandbox (default: %(default)s)",
    )
    add.add_argument("--api-url", metavar="URL", help="where the API is (default: Zoom's)")
    add.add_argument("--oauth-url", metavar="URL", help="where tokens come from (default: Zoom's)")
    add.add_argument("--replace", action="store_true", help="put it in place of one with the same name")
    add.set_defaults(run=run_add)


def run_add(args: argparse.Namespace) -> int:
    """Store the connection."""
    from rollcall.sync.connections import add_connection

    ring = keyring()
    secret = ask_secret(_CLIENT_SECRET, "Client secret")
    refresh_token = ask_secret(_REFRESH_TOKEN, "Refresh token") if args.kind == "oauth" else None
    add_connection(
        database_address(),
        ring,
        name=args.name,
        account_id=args.account_id,
        kind=args.kind,
        plan=args.plan,
        client_id=args.client_id,
        client_secret=secret,
        refresh_token=refresh_token,
        replace=args.replace,
        **{name: value for name in ("api_url", "oauth_url") if (value := getattr(args, name))},
    )
    print(f"Connection {args.name} is stored. `rollcall connection test {args.name}` checks it.")
    return 0


def run_list(_args: argparse.Namespace) -> int:
    """Show all connections, without their secrets."""
    from rollcall.sync.connections import list_connections

    found = list_connections(database_address())
    if not found:
        print("No connections yet: `rollcall connection add NAME …` adds one.")
        return 0
    print_table(
        ("NAME", "KIND", "PLAN", "ACCOUNT", "STATE", "TOKEN UNTIL (UTC)", "API"),
        [
            (
                connection.name,
                connection.kind,
                connection.plan,
                connection.account_id or "-",
                state_of(connection.is_active, connection.reconnect_needed_at),
                f"{connection.token_expires_at:%Y-%m-%d %H:%M}" if connection.token_expires_at else "-",
                connection.api_url,
            )
            for connection in found
        ],
    )
    return 0


def run_test(args: argparse.Namespace) -> int:
    """Test a connection; 1 where a scope is missing or a call was refused."""
    import requests

    from rollcall.sync.connections import test_connection

    with requests.Session() as session:
        result = test_connection(database_address(), args.name, keyring(), session)
    print(f"Zoom gave {args.name} an access token.")
    if result.granted is None:
        print("Zoom did not say which scopes it has.")
    elif not result.missing:
        print("All scopes that a sync uses are granted.")
    else:
        print(f"{len(result.missing)} scopes are missing; either name of each will do:")
        print_table(
            ("MISSING SCOPE", "OR CLASSIC", "WITHOUT IT"),
            [(lack.granular_scope, lack.classic_scope, lack.without) for lack in result.missing],
        )
        print(
            "Add them to the app in the Zoom Marketplace; an app of kind oauth must be authorised again then."
        )
    print(result.refusal or ("A first call was answered." if result.called else "No first call was made."))
    return 0 if result.passed else 1


def run_deactivate(args: argparse.Namespace) -> int:
    """Switch a connection off."""
    from rollcall.sync.connections import deactivate

    deactivate(database_address(), args.name)
    print(f"Connection {args.name} is switched off.")
    return 0


def run_activate(args: argparse.Namespace) -> int:
    """Switch a connection on."""
    from rollcall.sync.connections import activate

    activate(database_address(), args.name)
    print(f"Connection {args.name} is switched on.")
    return 0


def run_rotate_keys(_args: argparse.Namespace) -> int:
    """Encrypt all secrets with the first key."""
    from rollcall.sync.key_rotation import rotate_keys

    done = rotate_keys(database_address(), keyring())
    print(f"Re-encrypted {done.connections} connections ({done.secrets} secrets) with the first key.")
    return 0
