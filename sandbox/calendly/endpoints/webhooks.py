"""Webhook subscriptions (Calendly API reference, section 3.1). There is no way to change or revive one."""

from __future__ import annotations

from typing import Any

from sandbox.calendly.actions import new_key
from sandbox.calendly.call import Call, Endpoint
from sandbox.calendly.deliveries import envelope
from sandbox.calendly.endpoints.organization import require_organization
from sandbox.calendly.objects import subscription_object
from sandbox.calendly.paging import listed
from sandbox.calendly.refusals import answer, denied, exists, invalid, not_found, resource
from sandbox.calendly.subscriptions import EVENTS, Subscription
from sandbox.wire import Reply

_SCOPES = ("organization", "user")


def _checked(call: Call, sent: dict[str, Any]) -> None:
    """Refuse what a subscription can't be made of."""
    for name in ("url", "events", "organization", "scope"):
        if not sent.get(name):
            raise invalid(name, "must be filled")
    if not str(sent["url"]).startswith(("https://", "http://127.0.0.1")):
        raise invalid("url", "must be an https address")
    if not isinstance(sent["events"], list) or not set(sent["events"]) <= set(EVENTS):
        raise invalid("events", "includes an unknown event")
    if sent["scope"] not in _SCOPES:
        raise invalid("scope", "is invalid")
    if sent["organization"] != call.world.organization:
        raise denied("This user is not in your organization")
    if not call.scopes("scheduled_events:read"):
        # Seen in the wild: the missing read scope comes back as 400, not as 403.
        raise invalid("events", "is invalid")
    if sent["scope"] == "user" and not sent.get("user"):
        raise invalid("user", "must be filled")
    if not call.is_admin and (sent["scope"] == "organization" or sent["user"] != call.user.uri):
        raise denied()


def create(call: Call) -> Reply:
    """POST /webhook_subscriptions."""
    sent = call.body()
    _checked(call, sent)
    world = call.world
    if any(each.callback_url == sent["url"] for each in world.subscriptions.values()):
        raise exists()
    made = Subscription(
        key=new_key(world.rng),
        callback_url=sent["url"],
        events=sent["events"],
        scope=sent["scope"],
        user_uri=sent["user"] if sent["scope"] == "user" else None,
        creator_uri=call.user.uri,
        signing_key=sent.get("signing_key"),
        created=call.now,
        updated=call.now,
    )
    world.subscriptions[made.key] = made
    return resource(subscription_object(made, world), 201)


def subscriptions(call: Call) -> Reply:
    """GET /webhook_subscriptions."""
    scope, user = call.params.get("scope"), call.params.get("user")
    for name in ("organization", "scope"):
        if not call.params.get(name):
            raise invalid(name, "must be filled")
    require_organization(call)
    if scope not in _SCOPES:
        raise invalid("scope", "is invalid")
    if scope == "user" and not user:
        raise invalid("user", "must be filled")
    if not call.is_admin and user != call.user.uri:
        raise denied()
    order = call.params.get("sort", "created_at:asc")
    if order not in {"created_at:asc", "created_at:desc"}:
        raise invalid("sort", "is invalid")
    rows = [
        each for each in call.world.subscriptions.values() if (each.scope, each.user_uri) == (scope, user)
    ]
    rows.sort(key=lambda each: each.created, reverse=order.endswith("desc"))

    def encode(row: Subscription) -> dict[str, Any]:
        return subscription_object(row, call.world)

    return listed(call, rows, encode)


def _found(call: Call, key: str) -> Subscription:
    found = call.world.subscriptions.get(key)
    if found is None:
        raise not_found()
    if not call.is_admin and found.creator_uri != call.user.uri:
        raise denied()
    return found


def subscription(call: Call, key: str) -> Reply:
    """GET /webhook_subscriptions/{uuid}."""
    return resource(subscription_object(_found(call, key), call.world))


def delete(call: Call, key: str) -> Reply:
    """DELETE /webhook_subscriptions/{uuid}: 204, and what was not delivered yet is never sent."""
    del call.world.subscriptions[_found(call, key).key]
    return Reply(204)


def sample(call: Call) -> Reply:
    """GET /sample_webhook_data: an envelope as it is delivered, without the `resource` wrapper."""
    kind = call.params.get("event", "")
    if kind not in EVENTS:
        raise invalid("event", "is invalid")
    require_organization(call)
    invitee = next(iter(call.world.invitees.values()), None)
    if invitee is None:
        raise not_found()
    return answer(envelope(kind, invitee, call.user.uri, call.now))


ENDPOINTS = (
    Endpoint("POST", "/webhook_subscriptions", "webhooks:write", create),
    Endpoint("GET", "/webhook_subscriptions", "webhooks:read", subscriptions),
    Endpoint("GET", "/webhook_subscriptions/{}", "webhooks:read", subscription),
    Endpoint("DELETE", "/webhook_subscriptions/{}", "webhooks:write", delete),
    Endpoint("GET", "/sample_webhook_data", "webhooks:read", sample),
)
