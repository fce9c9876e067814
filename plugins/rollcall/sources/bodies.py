"""Reading a source's JSON: quick for the usual body, forgiving towards text that Postgres could not store."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

_MOST_DIGITS = 20  # of a whole number of 64 bits, its sign included


def read_json(body: bytes) -> Any:
    """The value in `body`. Raises ValueError where it is not JSON.

    Names may carry half a surrogate pair or bytes that are no UTF-8, which orjson refuses: each becomes
    U+FFFD, for one odd name must not cost a page of 300 people.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return _mended(
            json.loads(
                body.decode("utf-8-sig", "replace"),
                parse_constant=_refuse,
                parse_int=_whole,
                parse_float=_finite,
            )
        )
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_mended(element) for element in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(element) for key, element in value.items()}
    return value


def _whole(digits: str) -> int | float | None:
    """What orjson makes of it: a number beyond 64 bits is a broken one, and could not be stored else."""
    if len(digits) > _MOST_DIGITS:
        return _finite(digits)
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(number)


def _finite(digits: str) -> float | None:
    """None for a number too large for a float: it could not be stored."""
    number = float(digits)
    return number if math.isfinite(number) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
