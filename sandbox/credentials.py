"""What a request's `Authorization` header says."""

from __future__ import annotations

import base64
import binascii

from sandbox.wire import Request


def bearer(request: Request) -> str:
    """The token, "" where there is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def basic(request: Request) -> tuple[str, str] | None:
    """Name and secret, empty where they can't be read; None for another kind of login or none."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret
