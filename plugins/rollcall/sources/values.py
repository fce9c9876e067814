"""A source's JSON values made safe to store: a wrong type or an impossible time becomes None, never an error.

Postgres takes neither NUL characters nor numbers beyond its types; text fields are typed by strangers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

_INT4_MAX = 2_147_483_647
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LONGEST_KEY = 500


def text_of(value: Any) -> str | None:
    """The text, None where it is missing, empty, or nested too deeply to write down; NUL characters are replaced."""
    if not value and value != 0:
        return None
    try:
        text = value if type(value) is str else str(value)
    except RecursionError:
        return None
    return text.replace("\x00", _REPLACEMENT) if "\x00" in text else text


def key_of(value: Any) -> str | None:
    """The text by which a thing is told from others, a number as text; None for anything else, for none, and for one
    beyond 500 characters: the source's are a tenth of that, and no index takes a text of any length."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    key = text_of(value)
    return key if key is not None and len(key) <= _LONGEST_KEY else None


def int_of(value: Any) -> int | None:
    """The whole number, rounded from a fraction; None where it is none or beyond four bytes."""
    if type(value) is int:
        return value if -_INT4_MAX <= value <= _INT4_MAX else None
    if isinstance(value, bool):
        return None
    try:
        number = round(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -_INT4_MAX <= number <= _INT4_MAX else None


def bigint_of(value: Any) -> int | None:
    """A numeric id, given as number or as text with spaces or dashes in it; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if text.startswith("-"):
        return None
    try:
        number = int(text.replace("-", "").replace(" ", ""))
    except ValueError:
        return None
    return number if 0 < number < 2**63 else None


def bool_of(value: Any) -> bool | None:
    """True or False as given, None for anything else."""
    return value if isinstance(value, bool) else None


def moment_of(value: Any) -> datetime | None:
    """The time in UTC; without a zone it is UTC. None where it can't be read.

    Postgres takes no offset beyond 15:59:59, Python does.
    """
    if type(value) is not str:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stamp_of(value: Any) -> str | None:
    """The time as ISO text for a JSON record."""
    moment = moment_of(value)
    return moment.isoformat() if moment else None


def json_of(value: Any) -> Any:
    """Nested JSON with NUL characters replaced; None where it is missing, empty, or nested too deeply to store."""
    if value in (None, {}, [], ""):
        return None
    try:
        raw = orjson.dumps(value)
    except orjson.JSONEncodeError:
        return None
    return orjson.loads(raw.replace(b"\\u0000", b"\\ufffd")) if b"\\u0000" in raw else value
