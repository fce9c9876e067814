"""Whose token it is, in which organization and role: asked before each listing, because all three may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollcall.errors import DataFault, ScopeMissing, Unavailable
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.calendly.endpoints import ME, MEMBERSHIPS
from rollcall.sources.values import key_of
from rollcall.sync.calendly.whole_list import whole_list


@dataclass(frozen=True)
class Standing:
    """URIs of the token's user and organization; `role` is None where Calendly does not tell it."""

    user_uri: str
    organization_uri: str
    email: str
    role: str | None


def ask_standing(client: CalendlyClient) -> Standing:
    """Ask Calendly who the token belongs to. Raises a SourceError, or Parked."""
    me = client.get(ME)
    user, organization = _text(me, "uri"), _text(me, "current_organization")
    return Standing(user, organization, _text(me, "email"), _role(client, user, organization))


def _role(client: CalendlyClient, user_uri: str, organization_uri: str) -> str | None:
    try:
        for row in whole_list(client, MEMBERSHIPS, organization=organization_uri, user=user_uri):
            role = key_of(row.get("role")) if isinstance(row, dict) else None
            if role:
                return role
    except (ScopeMissing, Unavailable):
        # A plain member's token may lack the scope; the role is only needed to notice that it changed.
        return None
    return None


def _text(found: dict[str, Any], key: str) -> str:
    given = found.get(key)
    value = key_of(given) if isinstance(given, str) else None
    if value is None:
        raise DataFault(f"Calendly's answer about the token's own user lacks {key}: try again later.")
    return value
