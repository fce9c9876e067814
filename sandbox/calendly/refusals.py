"""The API's refusals, in its own shapes (Calendly API reference, section 5)."""

from __future__ import annotations

import orjson

from sandbox.wire import Reply


class Refused(Exception):
    """A call that ends in a refusal; `reply` is what the client gets."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def answer(body: object, status: int = 200) -> Reply:
    """A whole JSON body."""
    return Reply(status, [orjson.dumps(body)])


def resource(body: object, status: int = 200) -> Reply:
    """One thing, in the wrapper that every single thing comes in."""
    return answer({"resource": body}, status)


def refusal(status: int, title: str, message: str, **more: object) -> Reply:
    """`{"title": …, "message": …}` with an HTTP status and what else the body holds."""
    return answer({"title": title, "message": message, **more}, status)


def invalid(parameter: str, message: str) -> Refused:
    """400 that names the parameter."""
    details = [{"parameter": parameter, "message": message}]
    return Refused(refusal(400, "Invalid Argument", "The supplied parameters are invalid.", details=details))


def unauthenticated() -> Reply:
    """401: no token, or one that is dead."""
    return refusal(401, "Unauthenticated", "The access token is invalid")


def denied(message: str = "You do not have permission to access this resource.") -> Refused:
    """403: the role is not enough, or the thing is somebody else's."""
    return Refused(refusal(403, "Permission Denied", message))


def upgrade_needed() -> Reply:
    """403: the plan is not enough."""
    return refusal(403, "Permission Denied", "Please upgrade to a paid Calendly account.")


def scopes_missing(scopes: list[str]) -> Reply:
    """403 with the scopes that would do."""
    message = "Your access token does not have the required scopes."
    return refusal(403, "Insufficient scope", message, required_scopes=scopes)


def not_found() -> Refused:
    """404: gone, or never there."""
    return Refused(refusal(404, "Resource Not Found", "The server could not find the requested resource."))


def exists() -> Refused:
    """409: callback URLs are unique."""
    return Refused(refusal(409, "Already Exists", "Hook with this url already exists"))


def calendar_trouble() -> Reply:
    """424: a calendar that Calendly asked did not answer."""
    return refusal(424, "External Calendar Error", "The external calendar could not be reached.")


def server_trouble(status: int) -> Reply:
    """5xx."""
    return refusal(status, "Internal Server Error", "The server encountered an unexpected condition.")


def oauth_refusal(status: int, error: str, description: str) -> Reply:
    """The token endpoint's own shape."""
    return answer({"error": error, "error_description": description}, status)
