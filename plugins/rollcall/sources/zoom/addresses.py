"""Which addresses of Zoom a connection may have: secrets travel there, so only safe ones pass."""

from __future__ import annotations

from rollcall.sources.addresses import checked_address, token_address

API_URL = "https://api.zoom.us/v2"
OAUTH_URL = "https://zoom.us/oauth/token"


def api_address(url: str) -> str:
    """`url` without a slash at its end; a bare host gets `/v2`. Raises WrongUse for an address that is not
    safe."""
    parts = checked_address(url, "API address", API_URL)
    return parts._replace(path=parts.path.rstrip("/") or "/v2").geturl()


def oauth_address(url: str) -> str:
    """`url` as the address tokens are fetched from; a bare host gets `/oauth/token`. Raises WrongUse like
    above."""
    return token_address(url, OAUTH_URL)
