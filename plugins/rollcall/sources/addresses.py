"""Which addresses of a source a connection may have: secrets travel there, so only safe ones pass."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from rollcall.errors import WrongUse


def checked_address(url: str, what: str, example: str) -> SplitResult:
    """The parts of `url`. Raises WrongUse, whose message calls it `what` and shows `example`, unless it is an
    https address without login, query or fragment (plain http on this machine only)."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise WrongUse(f"The {what} is not a web address; give one like {example}.") from None
    if not host or parts.scheme not in ("https", "http"):
        raise WrongUse(f"The {what} is not a web address; give one like {example}.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WrongUse(f"The {what} must hold no login, `?` or `#`; give one like {example}.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise WrongUse(f"The {what} must begin with https:// (plain http only on this machine itself).")
    return parts


def token_address(url: str, example: str) -> str:
    """`url` as the address that gives out tokens; a bare host gets `/oauth/token`. Raises WrongUse like above."""
    parts = checked_address(url, "OAuth address", example)
    path = parts.path.rstrip("/")
    return parts._replace(path={"": "/oauth/token", "/oauth": "/oauth/token"}.get(path, path)).geturl()


def environment_proxies_off(url: str) -> dict[str, str]:
    """The `proxies` that make requests ignore the environment's proxies for an address on this machine.

    Most machines behind a proxy do not name 127.0.0.1 in NO_PROXY, and no proxy could reach it.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return {}  # whoever calls it will be told
    return {"no_proxy": host} if _is_loopback(host) else {}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
