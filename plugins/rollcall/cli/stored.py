"""Where commands find the data database and the keys: the environment, else the stack that runs here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall.secrets import Keyring
    from rollcall.sync.run_session import Resources

DATABASE_VARIABLE = "ROLLCALL_DATABASE_URL"


def database_address(role: str = "writer") -> str:
    """The address of the data database; in the stack that runs here, as `role` (owner, writer, reader, monitor).

    Raises WrongUse where neither names one.
    """
    from rollcall.stack.state import dsn

    return os.environ.get(DATABASE_VARIABLE) or dsn(role)


def keyring() -> Keyring:
    """The keys of the stored secrets. Raises SetupError where there are none."""
    from rollcall.secrets import KEYS_VARIABLE, Keyring
    from rollcall.stack.airflow_settings import fernet_keys
    from rollcall.stack.state import StateFolder, default_path

    if os.environ.get(KEYS_VARIABLE) or os.environ.get(DATABASE_VARIABLE):
        return Keyring.from_env()
    # The stack's own database goes with the stack's own keys; this says so where no stack runs.
    database_address()
    return Keyring.from_env({KEYS_VARIABLE: fernet_keys(StateFolder(default_path()))})


def calendly_resources() -> Resources:
    """What commands that call Calendly are given: that database, plain HTTP sessions, those keys."""
    from functools import partial

    import requests

    from rollcall.store.database import open_database
    from rollcall.sync.run_session import Resources

    return Resources(partial(open_database, database_address()), requests.Session, keyring)
