"""`rollcall calendly webhook …`: let Calendly tell of bookings and cancellations at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from rollcall.cli.stored import calendly_resources, database_address, keyring
from rollcall.cli.terminal import ask_secret, print_table

if TYPE_CHECKING:
    import psycopg

    from rollcall.sources.calendly.client import CalendlyClient
    from rollcall.store.users import CalendlyUser
    from rollcall.store.webhooks import Subscription

T = TypeVar("T")

_APP_KEY = "ROLLCALL_CALENDLY_SIGNING_KEY"
_DAYS = 7

_WHY = {
    "missing": "came without a signature: not from Calendly, or from a subscription made without a key",
    "malformed": "has a signature that can't be read: does a proxy change headers?",
    "mismatch": "is signed with another key, or a proxy changed its body; someone may be trying",
    "too_old": "has a true signature from too long ago: compare the clocks, or raise "
    "ROLLCALL_WEBHOOK_TOLERANCE_SECONDS",
    "in_future": "has a true signature of a time to come: compare the clocks",
    "too_large": "has more than a mebibyte: Calendly's have some thousand bytes",
}


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its subcommands to the parser of `rollcall calendly`."""
    parser = subparsers.add_parser("webhook", help="subscriptions: create, list, status, rotate, delete")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = _action(
        actions,
        "create",
        run_create,
        "subscribe to bookings, cancellations and no-shows; what is disabled or goes elsewhere is replaced",
    )
    create.add_argument(
        "--url",
        required=True,
        help="the Airflow API server as Calendly reaches it, like https://airflow.example.com; no redirect",
    )
    _action(actions, "list", run_list, "show the subscriptions as they are stored, without a call")
    _action(
        actions,
        "status",
        run_status,
        "ask Calendly how the subscriptions are, and show what was refused here",
    )
    _action(actions, "rotate", run_rotate, "put a subscription with a new key in place of the present one")
    _action(actions, "delete", run_delete, "delete the subscription at Calendly and here")


def _action(
    actions: argparse._SubParsersAction[Any],
    name: str,
    run: Callable[[argparse.Namespace], int],
    help_text: str,
) -> argparse.ArgumentParser:
    action: argparse.ArgumentParser = actions.add_parser(
        name, help=help_text, description=help_text[0].upper() + help_text[1:] + "."
    )
    action.add_argument(
        "user", metavar="USER", nargs="?", help="e-mail or id; not needed where there is one user"
    )
    action.set_defaults(run=run)
    return action


def run_create(args: argparse.Namespace) -> int:
    """Make a subscription, or keep the one that is there."""
    from rollcall.sync.calendly.webhook_subscriptions import create_subscription

    def create(conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser) -> Subscription:
        return create_subscription(conn, client, user, keyring(), args.url, _app_key(user))

    user, subscription = _for_one(args.user, create)
    print(f"Calendly delivers what happens to {_whose(user)} to {subscription.callback_url}.")
    print("Events: " + ", ".join(subscription.events) + ".")
    return 0


def run_rotate(args: argparse.Namespace) -> int:
    """Replace the subscription, and with it the key."""
    from rollcall.sync.calendly.webhook_subscriptions import OLD_KEY_HOURS, rotate_subscription

    def rotate(conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser) -> Subscription:
        return rotate_subscription(conn, client, user, keyring(), _app_key(user))

    _, subscription = _for_one(args.user, rotate)
    print(f"Calendly delivers to {subscription.callback_url} now, signed with a new key.")
    print(f"What it still delivers to the old address is taken for {OLD_KEY_HOURS:.0f} hours more.")
    return 0


def run_delete(args: argparse.Namespace) -> int:
    """Delete all subscriptions of a user."""
    from rollcall.sync.calendly.webhook_subscriptions import delete_subscriptions

    user, count = _for_one(args.user, delete_subscriptions)
    print(f"Deleted {count} subscriptions of {user.email}. Changes come with the next sync only.")
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Show what is stored."""
    from rollcall.store.database import connected
    from rollcall.store.webhooks import subscriptions_of

    with connected(database_address()) as conn:
        found = [(user, subscriptions_of(conn, user.id)) for user in _users(conn, args.user)]
    if any(subscriptions for _, subscriptions in found):
        _show(found)
    else:
        print("No webhook subscriptions: `rollcall calendly webhook create` makes one.")
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Ask Calendly; 1 where a subscription does not deliver, or a user has none."""
    from rollcall.store import webhooks
    from rollcall.store.database import connected
    from rollcall.sync.calendly.connect import client_of
    from rollcall.sync.calendly.webhook_subscriptions import refresh_subscriptions

    resources = calendly_resources()
    well = True
    with connected(database_address()) as conn:
        users = _users(conn, args.user)
        found = []
        for user in users:
            with client_of(resources, conn, user) as client:
                found.append((user, refresh_subscriptions(conn, client, user)))
        if any(subscriptions for _, subscriptions in found):
            _show(found)
        for user, subscriptions in found:
            for sentence in _troubles(user, subscriptions):
                well = False
                print(sentence)
            traffic = webhooks.read_traffic(conn, user.id)
            print(
                f"{user.email}: last delivery {_moment(traffic.last_delivery_at)}, {traffic.waiting} wait to be "
                f"applied, {traffic.unreadable} could not be read."
            )
            for row in webhooks.read_refusals(conn, user.id, _DAYS):
                print(
                    f"{user.email}: {row.refusals} refused in {_DAYS} days as {row.reason}, last "
                    f"{_moment(row.last_refused_at)}: such a delivery {_WHY[row.reason]}."
                )
    return 0 if well else 1


def _troubles(user: CalendlyUser, subscriptions: list[Subscription]) -> list[str]:
    if not any(each.state == "active" for each in subscriptions):
        lack = (
            "is disabled: Calendly gave up after a day of failures and sent nothing since"
            if any(each.state == "disabled" for each in subscriptions)
            else "is not there"
        )
        return [
            f"{user.email}: the subscription {lack}. `rollcall calendly webhook create` makes a new one; then sync, "
            "for Calendly does not send again what was missed."
        ]
    return [
        f"{user.email}: deliveries failed and were tried again since {_moment(each.retry_started_at)}; a day of that "
        "disables the subscription. Does its address answer? The date stays after things are well again."
        for each in subscriptions
        if each.state == "active" and each.retry_started_at is not None
    ]


def _show(found: list[tuple[CalendlyUser, list[Subscription]]]) -> None:
    rows = [
        (
            user.email,
            each.state,
            each.scope,
            _moment(each.retry_started_at),
            _moment(each.checked_at),
            each.callback_url,
        )
        for user, subscriptions in found
        for each in subscriptions
    ]
    print_table(("USER", "STATE", "SCOPE", "RETRYING SINCE (UTC)", "CHECKED (UTC)", "ADDRESS"), rows)


def _for_one(
    name: str | None, act: Callable[[psycopg.Connection, CalendlyClient, CalendlyUser], T]
) -> tuple[CalendlyUser, T]:
    """The user and what `act` returned for it."""
    from rollcall.errors import WrongUse
    from rollcall.store.database import connected
    from rollcall.sync.calendly.connect import client_of

    with connected(database_address()) as conn:
        users = _users(conn, name)
        if len(users) > 1:
            raise WrongUse(f"There are several users: name one of {', '.join(user.email for user in users)}.")
        with client_of(calendly_resources(), conn, users[0]) as client:
            return users[0], act(conn, client, users[0])


def _users(conn: psycopg.Connection, name: str | None) -> list[CalendlyUser]:
    from rollcall.errors import UnknownConnection
    from rollcall.store.users import read_users
    from rollcall.sync.calendly.connect import find_user

    users = [find_user(conn, name)] if name else read_users(conn)
    if not users:
        raise UnknownConnection("There are no Calendly users yet: `rollcall calendly connect` connects one.")
    return users


def _app_key(user: CalendlyUser) -> str | None:
    """Calendly signs an OAuth app's deliveries with the app's own key, made with the app."""
    if user.calendly_token_kind != "oauth":  # noqa: S105 - a kind, not a token
        return None
    return ask_secret(_APP_KEY, "Webhook signing key of the OAuth app")


def _whose(user: CalendlyUser) -> str:
    return (
        "the organization's meetings" if user.calendly_scope == "organization" else f"{user.email}'s meetings"
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else "-"
