"""An authenticator as people have on their telephones, written from RFC 6238 and no library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Authenticator:
    """One account in the app."""

    secret: str

    @classmethod
    def scanned(cls, address: str) -> Authenticator:
        """Take an account from the address in the picture."""
        found = urlsplit(address)
        assert (found.scheme, found.netloc) == ("otpauth", "totp")
        return cls(parse_qs(found.query)["secret"][0])

    @classmethod
    def typed(cls, page: str) -> Authenticator:
        """Take an account from the key that a page shows for typing."""
        found = re.search(r'<code class="key">([A-Z2-7-]{32,})</code>', page)
        assert found is not None
        return cls(found[1].replace("-", ""))

    def code(self, at: datetime, steps: int = 0) -> str:
        """Give what it shows at an instant, or so many half minutes later."""
        counter = int(at.timestamp()) // 30 + steps
        key = base64.b32decode(self.secret)
        digest = hmac.digest(key, counter.to_bytes(8, "big"), hashlib.sha1)
        start = digest[-1] & 0x0F
        number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"


def label(address: str) -> str:
    """Give how an account is called in the app."""
    return unquote(urlsplit(address).path.lstrip("/"))
