"""Whether a webhook delivery comes from Calendly: `Calendly-Webhook-Signature: t=<unix seconds>,v1=<hex>`.

v1 is HMAC-SHA256 over `t.` and the raw body, with the key as it is written, as UTF-8 text (Calendly API reference,
webhooks, signature).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from rollcall.errors import RefusalReason, SignatureRefused

_SECONDS = re.compile(r"[0-9]{1,12}")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")

# Calendly sends one signature, perhaps two while keys change: more is an attempt to keep us busy.
_MOST_SIGNATURES = 8
_LONGEST_HEADER = 2048

_SENTENCES: dict[RefusalReason, str] = {
    "missing": "it has no Calendly-Webhook-Signature; was the subscription made with a signing key?",
    "malformed": "its Calendly-Webhook-Signature lacks a readable t or v1; does a proxy change headers?",
    "mismatch": "no known signing key made its signature; was the subscription made with another key, or does a "
    "proxy change bodies?",
    "too_old": "its signature is older than the tolerance; compare the clocks, or raise the tolerance if Calendly "
    "sends it again with the old time",
    "in_future": "its signature is of a time to come; compare the clocks",
}


def verify_signature(
    header: str | None, body: bytes, keys: Sequence[str], now: datetime, tolerance_seconds: float
) -> int:
    """The index in `keys` of the key that signed `body`, the raw bytes as they came. `now` is aware.

    Spaces, unknown parts and any order are taken; any v1 may match. Every key is compared with every v1, so the time
    it takes tells nothing. The age is judged last: too_old and in_future are only said of a true signature.
    Raises SignatureRefused, whose `reason` is missing, malformed, mismatch, too_old or in_future.
    """
    if not (header or "").strip():
        raise _refused("missing")
    signed_at, signatures = _parts(header or "")
    message = signed_at.encode() + b"." + body
    matched: int | None = None
    for index, key in enumerate(keys):
        expected = hmac.new(key.encode("utf-8", "surrogatepass"), message, hashlib.sha256).digest()
        for signature in signatures:
            # An empty key is nobody's: anyone could sign with it.
            if hmac.compare_digest(expected, signature) and key and matched is None:
                matched = index
    if matched is None:
        raise _refused("mismatch")
    age = now.timestamp() - int(signed_at)
    if age > tolerance_seconds:
        raise _refused("too_old")
    if -age > tolerance_seconds:
        raise _refused("in_future")
    return matched


def _parts(header: str) -> tuple[str, list[bytes]]:
    """The time as it is written, for it is part of what is signed, and the signatures."""
    if len(header) > _LONGEST_HEADER:
        raise _refused("malformed")
    pairs = [part.partition("=") for part in header.split(",")]
    named = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
    times = {value for name, value in named if name == "t"}
    signatures = [bytes.fromhex(value) for name, value in named if name == "v1" and _HEX.fullmatch(value)]
    # Two times that differ would leave open which of them was signed.
    if len(times) != 1 or not 0 < len(signatures) <= _MOST_SIGNATURES:
        raise _refused("malformed")
    signed_at = times.pop()
    if not _SECONDS.fullmatch(signed_at):
        raise _refused("malformed")
    return signed_at, signatures


def _refused(reason: RefusalReason) -> SignatureRefused:
    return SignatureRefused(f"The webhook delivery was refused: {_SENTENCES[reason]}.", reason)
