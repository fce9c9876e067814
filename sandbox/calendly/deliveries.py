"""Webhook messages: who gets one, what stands in it, how it is signed (reference, sections 3.3 and 3.5)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson

from sandbox.calendly.objects import event_object, invitee_object, no_show_object
from sandbox.calendly.stamps import SECOND, iso
from sandbox.calendly.subscriptions import Delivery, Subscription
from sandbox.calendly.world import Invitee, World


def envelope(kind: str, invitee: Invitee, creator_uri: str, at: int) -> dict[str, Any]:
    """The body of a message: the invitee, and in it the event, as they are now.

    A no-show's message has in `no_show` the mark that was set or taken away.
    """
    payload = {**invitee_object(invitee), "scheduled_event": event_object(invitee.event)}
    return {
        "event": kind,
        "created_at": iso(at // SECOND * SECOND),
        "created_by": creator_uri,
        "payload": payload,
    }


def _hears(subscription: Subscription, kind: str, invitee: Invitee) -> bool:
    return (
        subscription.state == "active"
        and kind in subscription.events
        and (
            subscription.scope == "organization"
            or any(host.uri == subscription.user_uri for host in invitee.event.hosts)
        )
    )


def announce(world: World, kind: str, invitee: Invitee, at: int, **more: Any) -> list[Delivery]:
    """Make one message for every subscription that hears of this; what nobody hears is never sent."""
    made = []
    for subscription in world.subscriptions.values():
        if _hears(subscription, kind, invitee):
            told = envelope(kind, invitee, subscription.creator_uri, at)
            told["payload"] |= more
            number = len(world.deliveries) + 1
            delivery = Delivery(number, subscription, kind, invitee.uri, orjson.dumps(told), at)
            world.deliveries.append(delivery)
            made.append(delivery)
    return made


def mark_of(invitee: Invitee) -> dict[str, Any]:
    """The no-show mark as a message carries it."""
    mark = no_show_object(invitee)
    return {"uri": mark["uri"], "created_at": mark["created_at"]}


def signature(key: str, moment: int, body: bytes) -> str:
    """`v1` of a body: HMAC-SHA256 of `moment` in Unix seconds, a full stop and the raw body, in hex."""
    return hmac.new(key.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
