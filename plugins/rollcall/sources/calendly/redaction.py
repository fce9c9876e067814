"""What Calendly's objects hold that nobody may find in a database: links that cancel a meeting, and passwords."""

from __future__ import annotations

import re
from typing import Any

from rollcall.sources.links import without_passwords

# Names of fields; `pin` only as a word of its own (hostPin, dial_in_pin), for there is "shipping".
_NAME = re.compile(
    r"(?i:pass_?word|passcode|passwd|pwd|token|secret|signing_?key|host_?key|start_url|h323)"
    r"|(?i:^(?:cancel|reschedul)[a-z]*_?(?:url|link)$)"
    r"|(?:^|_)pin$|Pin$|PIN$"
)

# Whoever holds such a link can act with it, under whatever name it comes (Calendly API reference, invitees).
_CAPABILITY = re.compile(r"/(?:cancellations|reschedulings)/")


def without_secrets(value: Any) -> Any:
    """The value without fields that hold a password or a link that cancels or reschedules; in other texts, the
    passwords of links become `removed`. None where it is nested too deeply to be looked through."""
    try:
        return _without_secrets(value)
    except RecursionError:
        return None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_secrets(inner)
            for name, inner in value.items()
            if not (_NAME.search(name) or (isinstance(inner, str) and _CAPABILITY.search(inner)))
        }
    if isinstance(value, list):
        return [
            _without_secrets(inner)
            for inner in value
            if not (isinstance(inner, str) and _CAPABILITY.search(inner))
        ]
    return without_passwords(value) if isinstance(value, str) else value
