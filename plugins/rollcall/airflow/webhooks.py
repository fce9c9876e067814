"""What takes webhook deliveries in Airflow's API server: the data database, the keys, and one setting."""

from __future__ import annotations

import math
import os

from rollcall.airflow.database import connect
from rollcall.errors import SetupError
from rollcall.secrets import Keyring
from rollcall.sync.calendly.deliveries import TOLERANCE_SECONDS
from rollcall.sync.calendly.webhook_door import WebhookDoor

TOLERANCE_VARIABLE = "ROLLCALL_WEBHOOK_TOLERANCE_SECONDS"


def webhook_door() -> WebhookDoor:
    """The door of this process."""
    return WebhookDoor(connect, Keyring.from_env, tolerance_seconds)


def tolerance_seconds() -> float:
    """How far the time of a delivery's signature may be from ours. Raises SetupError for a value that is none."""
    value = os.environ.get(TOLERANCE_VARIABLE, "").strip()
    if not value:
        return TOLERANCE_SECONDS
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise SetupError(
            f"{TOLERANCE_VARIABLE} is no number of seconds: set one like {TOLERANCE_SECONDS:.0f}."
        )
    return seconds
