"""Users, memberships and event types (Calendly API reference, sections 1 and 1.4)."""

from __future__ import annotations

from sandbox.calendly.call import Call, Endpoint
from sandbox.calendly.objects import event_type_object, me_object, membership_object, user_object
from sandbox.calendly.paging import listed
from sandbox.calendly.refusals import denied, invalid, not_found, resource
from sandbox.calendly.world import EventType, User
from sandbox.wire import Reply


def require_organization(call: Call) -> None:
    """Refuse an organization that is not the caller's."""
    if call.params.get("organization") != call.world.organization:
        raise denied("This user is not in your organization")


def me(call: Call) -> Reply:
    """GET /users/me."""
    return resource(me_object(call.user, call.world))


def user(call: Call, key: str) -> Reply:
    """GET /users/{uuid}: oneself, or for an owner or admin anyone."""
    found = next((each for each in call.world.users if each.key == key), None)
    if found is None:
        raise not_found()
    if found is not call.user and not call.is_admin:
        raise denied()
    return resource(user_object(found))


def memberships(call: Call) -> Reply:
    """GET /organization_memberships: a plain member sees their own."""
    wanted, email = call.params.get("user"), call.params.get("email", "").lower()
    if "organization" in call.params:
        require_organization(call)
    elif wanted is None:
        raise invalid("organization", "organization or user must be given")
    if wanted != call.user.uri and not call.is_admin:
        raise denied()
    members = [
        each
        for each in call.world.users
        if each.role != "left" and wanted in {None, each.uri} and email in {"", each.email.lower()}
    ]

    def encode(member: User) -> dict[str, object]:
        return membership_object(member, call.world)

    return listed(call, members, encode)


_SORTS = {"name": "name", "position": "name", "created_at": "created", "updated_at": "created"}


def event_types(call: Call) -> Reply:
    """GET /event_types: those of the organization or of one user; deleted ones are not listed."""
    params = call.params
    if "organization" in params:
        require_organization(call)
        if not call.is_admin and "user" not in params:
            raise denied()
    elif "user" not in params:
        raise invalid("organization", "organization or user must be given")
    active = params.get("active")
    if active not in {None, "true", "false"}:
        raise invalid("active", "must be true or false")

    def wanted(row: EventType) -> bool:
        owned = "user" not in params or (row.owner is not None and row.owner.uri == params["user"])
        return row.deleted is None and owned and active in {None, "true" if row.active else "false"}

    field, _, direction = params.get("sort", "name:asc").partition(":")
    if field not in _SORTS or direction not in {"", "asc", "desc"}:
        raise invalid("sort", "is invalid")
    rows = [row for row in call.world.event_types.values() if wanted(row)]
    rows.sort(key=lambda row: (getattr(row, _SORTS[field]), row.key), reverse=direction == "desc")
    return listed(call, rows, event_type_object)


def event_type(call: Call, key: str) -> Reply:
    """GET /event_types/{uuid}: deleted ones too."""
    found = call.world.event_types.get(key)
    if found is None:
        raise not_found()
    return resource(event_type_object(found))


ENDPOINTS = (
    Endpoint("GET", "/users/me", "users:read", me),
    Endpoint("GET", "/users/{}", "users:read", user),
    Endpoint("GET", "/organization_memberships", "organizations:read", memberships),
    Endpoint("GET", "/event_types", "event_types:read", event_types),
    Endpoint("GET", "/event_types/{}", "event_types:read", event_type),
)
