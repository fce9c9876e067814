"""Events, invitees and all the rest as the API shows them (reference, sections 1.2 to 1.4)."""

from __future__ import annotations

from typing import Any

from sandbox.calendly.stamps import MINUTE, iso
from sandbox.calendly.subscriptions import Subscription
from sandbox.calendly.world import HOME, Cancellation, Event, EventType, Invitee, User, World

TRACKING = ("utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term", "salesforce_uuid")


def user_object(user: User) -> dict[str, Any]:
    """A user as memberships embed it."""
    slug = user.email.partition("@")[0]
    return {
        "uri": user.uri,
        "name": user.name,
        "slug": slug,
        "email": user.email,
        "scheduling_url": f"https://calendly.test/{slug}",
        "timezone": user.timezone,
        "avatar_url": None,
        "locale": "en",
        "time_notation": "24h",
        "created_at": iso(user.created),
        "updated_at": iso(user.created),
    }


def me_object(user: User, world: World) -> dict[str, Any]:
    """A user as /users/me shows it."""
    return {**user_object(user), "current_organization": world.organization, "resource_type": "User"}


def membership_object(user: User, world: World) -> dict[str, Any]:
    """A user's place in the organization."""
    return {
        "uri": f"{HOME}/organization_memberships/{user.membership_key}",
        "role": user.role,
        "user": user_object(user),
        "organization": world.organization,
        "created_at": iso(user.created),
        "updated_at": iso(user.created),
    }


def event_type_object(event_type: EventType) -> dict[str, Any]:
    """An event type. `kind_description` is missing, as in recordings, although it is documented as required."""
    owner = event_type.owner
    slug = event_type.name.lower().replace(" ", "-")
    return {
        "uri": event_type.uri,
        "name": event_type.name,
        "active": event_type.active,
        "booking_method": "instant",
        "slug": slug,
        "scheduling_url": f"https://calendly.test/{slug}",
        "duration": event_type.minutes,
        "duration_options": None,
        "kind": event_type.kind,
        "pooling_type": event_type.pooling,
        "type": "StandardEventType",
        "color": "#0088cc",
        "internal_note": None,
        "description_plain": None,
        "description_html": None,
        "profile": {"type": "User", "name": owner.name, "owner": owner.uri} if owner else None,
        "secret": False,
        "custom_questions": [
            {
                "name": question,
                "type": "text",
                "position": position,
                "enabled": True,
                "required": False,
                "answer_choices": [],
                "include_other": False,
            }
            for position, question in enumerate(event_type.questions)
        ],
        "deleted_at": None if event_type.deleted is None else iso(event_type.deleted),
        "admin_managed": False,
        "is_paid": False,
        "locale": "en",
        "locations": [{"kind": event_type.location}],
        "position": 0,
        "created_at": iso(event_type.created),
        "updated_at": iso(event_type.deleted or event_type.created),
    }


def _cancellation(cancellation: Cancellation) -> dict[str, Any]:
    return {
        "canceled_by": cancellation.canceled_by,
        "reason": cancellation.reason,
        "canceler_type": cancellation.by,
        "created_at": iso(cancellation.at),
    }


def event_object(event: Event) -> dict[str, Any]:
    """A scheduled event; `cancellation` is there for canceled ones only."""
    active = sum(invitee.active for invitee in event.invitees)
    shown: dict[str, Any] = {
        "uri": event.uri,
        "name": event.name,
        "meeting_notes_plain": event.notes,
        "meeting_notes_html": None if event.notes is None else f"<p>{event.notes}</p>",
        "status": "canceled" if event.cancellation else "active",
        "start_time": iso(event.start),
        "end_time": iso(event.end),
        "event_type": event.event_type.uri if event.event_type else None,
        "location": event.location,
        "invitees_counter": {"total": len(event.invitees), "active": active, "limit": event.limit},
        "created_at": iso(event.created),
        "updated_at": iso(event.updated),
        "event_memberships": [
            {
                "user": host.uri,
                "user_email": host.email,
                "user_name": host.name,
                "buffered_start_time": iso(event.start - 5 * MINUTE),
                "buffered_end_time": iso(event.end + 5 * MINUTE),
            }
            for host in event.hosts
        ],
        "event_guests": [
            {"email": email, "created_at": iso(event.created), "updated_at": iso(event.created)}
            for email in event.guests
        ],
        "calendar_event": {"kind": "google", "external_id": event.calendar_id} if event.calendar_id else None,
    }
    if event.cancellation:
        shown["cancellation"] = _cancellation(event.cancellation)
    return shown


def no_show_object(invitee: Invitee) -> dict[str, Any]:
    """The mark of an invitee who did not come. The invitee has one."""
    assert invitee.no_show is not None  # noqa: S101 - callers found it by its mark
    key, at = invitee.no_show
    return {"uri": f"{HOME}/invitee_no_shows/{key}", "invitee": invitee.uri, "created_at": iso(at)}


def invitee_object(invitee: Invitee) -> dict[str, Any]:
    """An invitee; `cancellation` is there for canceled ones only."""
    no_show = no_show_object(invitee) if invitee.no_show else None
    shown: dict[str, Any] = {
        "uri": invitee.uri,
        "event": invitee.event.uri,
        "email": invitee.email,
        "name": invitee.name,
        "first_name": invitee.first_name,
        "last_name": invitee.last_name,
        "status": "active" if invitee.active else "canceled",
        "questions_and_answers": invitee.answers,
        "timezone": invitee.timezone,
        "created_at": iso(invitee.created),
        "updated_at": iso(invitee.updated),
        "tracking": {key: invitee.tracking.get(key) for key in TRACKING},
        "text_reminder_number": invitee.phone,
        "rescheduled": invitee.new is not None,
        "old_invitee": invitee.old.uri if invitee.old else None,
        "new_invitee": invitee.new.uri if invitee.new else None,
        "cancel_url": f"https://calendly.test/cancellations/{invitee.key}",
        "reschedule_url": f"https://calendly.test/reschedulings/{invitee.key}",
        "payment": invitee.payment,
        "no_show": {"uri": no_show["uri"], "created_at": no_show["created_at"]} if no_show else None,
        "reconfirmation": invitee.reconfirmation,
        "routing_form_submission": None,
        "scheduling_method": None,
        "invitee_scheduled_by": invitee.scheduled_by.uri if invitee.scheduled_by else None,
    }
    if invitee.cancellation:
        shown["cancellation"] = _cancellation(invitee.cancellation)
    return shown


def subscription_object(subscription: Subscription, world: World) -> dict[str, Any]:
    """A webhook subscription; the signing key is never shown."""
    started = subscription.retry_started
    return {
        "uri": f"{HOME}/webhook_subscriptions/{subscription.key}",
        "callback_url": subscription.callback_url,
        "created_at": iso(subscription.created),
        "updated_at": iso(subscription.updated),
        "retry_started_at": None if started is None else iso(started),
        "state": subscription.state,
        "events": subscription.events,
        "scope": subscription.scope,
        "organization": world.organization,
        "user": subscription.user_uri,
        "group": None,
        "creator": subscription.creator_uri,
    }
