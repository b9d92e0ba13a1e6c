"""An authenticator as people have on their telephones, written from RFC 6238 and no library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

from loanfund.clock import SystemClock

CLOCK = SystemClock()


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


@dataclass
class Phone:
    """A telephone in somebody's hand, who never types a code twice."""

    app: Authenticator
    codes: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    last: int = 0

    def code(self) -> str:
        """Give a code that holds now and was not typed yet."""
        now = CLOCK.now()
        present = int(now.timestamp()) // 30
        self.last = max(self.last + 1, present - 1)
        assert self.last <= present + 1, "three codes hold at a time"
        self.typed.append(self.app.code(now, self.last - present))
        return self.typed[-1]


def label(address: str) -> str:
    """Give how an account is called in the app."""
    return unquote(urlsplit(address).path.lstrip("/"))
