"""Encrypts what rollcall stores of other people's secrets, with Fernet keys that are never in the
database."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from rollcall.errors import SetupError

KEYS_VARIABLE = "ROLLCALL_FERNET_KEYS"

_HOW_TO_MAKE = (
    "make one with `python -c "
    "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`"
    f" and set {KEYS_VARIABLE} to it (several keys: separated by commas, the newest first)"
)


class Keyring:
    """A list of keys: the first encrypts, all decrypt. So a new key is put first, and the old one dropped
    once everything was rotated. Its repr shows no key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise SetupError(f"No key to encrypt secrets with: {_HOW_TO_MAKE}.")
        self._count = len(keys)
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            # Without its cause, whose traceback could be shown together with the key.
            raise SetupError(
                f"{KEYS_VARIABLE} holds something that is no Fernet key: {_HOW_TO_MAKE}."
            ) from None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Keyring:
        """The keys of ROLLCALL_FERNET_KEYS. Raises SetupError where it is unset or holds no valid key."""
        value = (os.environ if environment is None else environment).get(KEYS_VARIABLE, "")
        return cls([key.strip() for key in value.split(",") if key.strip()])

    def encrypt(self, plain: str) -> str:
        """`plain` encrypted with the first key."""
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def decrypt(self, encrypted: str) -> str:
        """The plain text. Raises SetupError where none of the keys fits."""
        try:
            return self._fernet.decrypt(encrypted.encode()).decode()
        except InvalidToken:
            raise _no_key_fits() from None

    def rotate(self, encrypted: str) -> str:
        """The same secret encrypted with the first key. Raises SetupError where none of the keys fits."""
        try:
            return self._fernet.rotate(encrypted.encode()).decode("ascii")
        except InvalidToken:
            raise _no_key_fits() from None

    def __repr__(self) -> str:
        return f"Keyring({self._count} keys)"


def _no_key_fits() -> SetupError:
    return SetupError(
        f"A stored secret can't be decrypted with the keys in {KEYS_VARIABLE}: add the key it was encrypted "
        "with, or enter the secrets again: `rollcall connection add NAME --replace`, `rollcall calendly connect`."
    )
