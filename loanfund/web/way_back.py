"""The way back to the list from which somebody came, with its filter, page and row (UX-16).

It is the page before, by what the browser says, and is then carried along in addresses and
forms. Whatever else stands there leads nowhere: only lists of ours are gone back to.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Blueprint, request

from loanfund.web.paths import own_path

NAME = "back"
LISTS = re.compile(r"/(?:loans|overdue|today|collection-sheet|borrowers|borrower/[0-9]{1,10})")

page = Blueprint("way_back", __name__)


@page.app_template_global()
def list_before() -> str:
    """Give the address of the list, empty for who came from none."""
    carried, before = request.values.get(NAME), request.referrer
    return next((one for one in map(own_path, (carried, before)) if _is_list(one)), "")


@page.app_template_global()
def row_before(loan_id: int) -> str:
    """Give the address of a loan's row in that list."""
    found = list_before()
    return f"{found}#loan-{loan_id}" if found else ""


def _is_list(address: str) -> bool:
    return LISTS.fullmatch(urlsplit(address).path) is not None
