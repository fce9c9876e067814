"""Whether a token's granted scopes allow an endpoint: Zoom has several names for the same permission."""

from __future__ import annotations

from collections.abc import Iterable

from rollcall.sources.zoom.endpoints import Endpoint


def is_granted(endpoint: Endpoint, granted: Iterable[str]) -> bool:
    """True where one of `granted` allows `endpoint`.

    Good are the granular and the classic name, each as `:admin` or `:master` (parent accounts), and for the
    webinar calls also without it (user-level apps). Report and user-list scopes exist only for admins.
    """
    accepted = _variants(endpoint.granular_scope) | _variants(endpoint.classic_scope)
    return any(scope in accepted for scope in granted)


def missing(endpoints: Iterable[Endpoint], granted: Iterable[str]) -> tuple[Endpoint, ...]:
    """The endpoints that `granted` does not allow."""
    known = tuple(granted)
    return tuple(endpoint for endpoint in endpoints if not is_granted(endpoint, known))


def _variants(scope: str) -> set[str]:
    base = scope.removesuffix(":admin")
    levels = {f"{base}:admin", f"{base}:master"}
    return levels | {base} if base.startswith("webinar:") else levels
