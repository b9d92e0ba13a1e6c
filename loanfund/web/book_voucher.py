"""What the pages of capital and of closed months share: how their vouchers become files."""

from __future__ import annotations

from loanfund.documents.book_voucher import render_book_voucher
from loanfund.documents.layout import imprint
from loanfund.domain.book_voucher import BookVoucher
from loanfund.domain.issue import Issue
from loanfund.web.context import edge


def rendered_voucher(found: BookVoucher, issue: Issue) -> bytes:
    """Give the file of a voucher, with where it can be verified."""
    return render_book_voucher(found, imprint(issue, edge().settings.base_url))
