"""Which addresses of Zoom a connection may have: secrets travel there, so only safe ones pass."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from rollcall.errors import WrongUse

API_URL = "https://api.zoom.us/v2"
OAUTH_URL = "https://zoom.us/oauth/token"


def api_address(url: str) -> str:
    """`url` without a slash at its end; a bare host gets `/v2`. Raises WrongUse for an address that is not
    safe."""
    parts = _checked(url, "API address")
    return parts._replace(path=parts.path.rstrip("/") or "/v2").geturl()


def oauth_address(url: str) -> str:
    """`url` as the address tokens are fetched from; a bare host gets `/oauth/token`. Raises WrongUse like
    above."""
    parts = _checked(url, "OAuth address")
    path = parts.path.rstrip("/")
    return parts._replace(path={"": "/oauth/token", "/oauth": "/oauth/token"}.get(path, path)).geturl()


def environment_proxies_off(url: str) -> dict[str, str]:
    """The `proxies` that make requests ignore the environment's proxies for an address on this machine.

    Most machines behind a proxy do not name 127.0.0.1 in NO_PROXY, and no proxy could reach it.
    """
    host = urlsplit(url).hostname or ""
    return {"no_proxy": host} if _is_loopback(host) else {}


def _checked(url: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise WrongUse(f"The {what} is not a web address; give one like {API_URL}.") from None
    if not host or parts.scheme not in ("https", "http"):
        raise WrongUse(f"The {what} is not a web address; give one like {API_URL}.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WrongUse(f"The {what} must hold no login, `?` or `#`; give one like {API_URL}.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise WrongUse(f"The {what} must begin with https:// (plain http only on this machine itself).")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
