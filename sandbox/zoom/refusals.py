"""The API's refusals, in its own words (Zoom API reference, section 4)."""

from __future__ import annotations

import orjson

from sandbox.wire import Reply

PLAN_MISSING = (
    "Webinar plan is missing. You must subscribe to the webinar plan and enable webinar for this user"
    " in order to perform this action."
)


def refusal(status: int, code: int, message: str) -> Reply:
    """`{"code": …, "message": …}` with an HTTP status."""
    return Reply(status, [orjson.dumps({"code": code, "message": message})])


def answer(body: object) -> Reply:
    """A whole JSON body."""
    return Reply(200, [orjson.dumps(body)])


def webinar_gone(key: str) -> Reply:
    """404/3001: gone, expired, or not what the gateway made of the path."""
    return refusal(404, 3001, f"Webinar does not exist: {key}.")


def too_old() -> Reply:
    """400/12702: final."""
    return refusal(400, 12702, "Can not access a webinar a year ago.")


def plan_missing() -> Reply:
    """400/200: this host has no webinar licence."""
    return refusal(400, 200, PLAN_MISSING)


def user_gone(key: str) -> Reply:
    """404/1001."""
    return refusal(404, 1001, f"User does not exist: {key}.")


def page_token_dead() -> Reply:
    """400/300: expired, made up, or used with other parameters."""
    return refusal(400, 300, "The next page token is invalid or expired.")


def token_rejected(text: str = "Invalid access token.") -> Reply:
    """401/124."""
    return refusal(401, 124, text)


def scopes_missing(scopes: list[str]) -> Reply:
    """400/4711 with the scopes that would do."""
    listed = ", ".join(scopes)
    return refusal(400, 4711, f"Invalid access token, does not contain scopes:[{listed}].")
