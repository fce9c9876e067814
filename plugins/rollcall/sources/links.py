"""Links that sources give: one that brings a password or a token along lets in whoever reads it."""

from __future__ import annotations

import re
from typing import Any

from rollcall.sources.values import text_of

_IN_QUERY = re.compile(r"([?&;](?:pwd|passwd|password|passcode|token|tk|zak)=)[^&#\s\"'<>]+", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """`text` with `removed` in place of the passwords and tokens of the links in it."""
    return _IN_QUERY.sub(r"\1removed", text)


def link_of(value: Any) -> str | None:
    """The link as text, its passwords removed; None where there is none."""
    link = text_of(value)
    return link and without_passwords(link)
