"""What a mail address looks like: one that every server understands, and only one."""

from __future__ import annotations

import re

LONGEST = 254  # what the protocol of mails can carry (RFC 5321)
# Vietnamese letters in it are a slip of the keyboard; a comma would make it two addresses.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


def is_mail_address(text: str) -> bool:
    """Say whether a mail can be sent to it."""
    return len(text) <= LONGEST and _ADDRESS.fullmatch(text) is not None
