"""Every text people read, by key and language, and how figures and dates are written."""

from __future__ import annotations

from loanfund.wording.event import event_name
from loanfund.wording.figures import dmy, percent, shown, vnd
from loanfund.wording.search import clean, fold
from loanfund.wording.texts import LANGUAGES, explain, text
from loanfund.wording.words import amount_in_words

__all__ = [
    "LANGUAGES",
    "amount_in_words",
    "clean",
    "dmy",
    "event_name",
    "explain",
    "fold",
    "percent",
    "shown",
    "text",
    "vnd",
]
