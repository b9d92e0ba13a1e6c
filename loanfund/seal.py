"""Secrets in the database, sealed under a key of their own purpose (S-40).

The key is derived from the program's secret key, whose former ones still open: so a change of
key loses nothing. Whoever reads the database, or a backup, without that key reads no secret.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Purposes, each with a key of its own.
SECOND_FACTOR = "loanfund second factor"
ACTIVATION_CODE = "loanfund activation code"
WORKBOOK = "loanfund workbook"


class BrokenSealError(Exception):
    """What is sealed was sealed under a key that is not known any more, or changed since."""


class Seal:
    """Seals under the first of several secret keys, and opens what any of them sealed."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        keys = [Fernet(_derived(one, purpose)) for one in secret_keys]
        self._newest, self._any = keys[0], MultiFernet(keys)

    def close(self, text: str) -> str:
        """Give a text sealed."""
        return self._newest.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Give what was sealed; BrokenSealError where no key opens it."""
        try:
            return self._any.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise BrokenSealError from error

    def is_newest(self, sealed: str) -> bool:
        """Say whether it is sealed under the present key."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


class KeyedHash:
    """Hashes what is too short to be hashed openly: who reads the database cannot try all."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        self._keys = [_derived(one, purpose) for one in secret_keys]

    def of(self, text: str) -> str:
        """Give the hash under the present key (RFC 2104)."""
        return self.any_of(text)[0]

    def any_of(self, text: str) -> list[str]:
        """Give the hashes under the present key and the former ones."""
        return [hmac.new(key, text.encode(), sha256).hexdigest() for key in self._keys]


def _derived(secret_key: str, purpose: str) -> bytes:
    """Give the key of a purpose as Fernet takes it (RFC 5869)."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return base64.urlsafe_b64encode(derived.derive(secret_key.encode()))
