"""What a borrower writes on a transfer, so that its money is known for what it is."""

from __future__ import annotations

import unicodedata


def transfer_note(contract_number: str) -> str:
    """Give what to write on a transfer: letters that every bank's form takes."""
    marks = unicodedata.normalize("NFD", contract_number.translate(_D))
    plain = "".join(letter for letter in marks if letter.isascii() and letter.isprintable())
    return f"Tra no HD {plain}"


_D = str.maketrans("đĐ", "dD")
