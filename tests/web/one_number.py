"""What every place says is to be paid of a loan: pages, files, mails, papers read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.cli import main
from loanfund.documents.notice import render_notice
from loanfund.documents.reminder_letter import render_letter
from loanfund.documents.reminder_mail import mail_body
from loanfund.domain.folded import fold_loan
from loanfund.domain.letter import Letter, LoanPart
from loanfund.domain.notice import notice_of
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.store.letter import letter
from loanfund.store.message import Owing, owing
from loanfund.store.setting import load_settings
from tests.cli.conftest import environment
from tests.papers import words_of
from tests.site import Browser
from tests.statements import ISSUE
from tests.tables import by_contract, sheet_rows, tables_of

Amounts = dict[str, int]  # by the number of the contract
NBSP = "\N{NO-BREAK SPACE}"
AMOUNT = r"(\d{1,3}(?:\.\d{3})*) đ"
TO_PAY = "Phải trả"
A_DAY_LATER = rf"Trả vào ngày hôm sau thì thêm {AMOUNT}"
A_DAY_OF_DELAY = rf"hậm trả thêm một ngày, tiền lãi tăng thêm {AMOUNT}"
WITHIN = timedelta(days=10)  # a notice of overdue debt gives


def plain(page: str) -> str:
    """A page or paper as it reads."""
    words = unescape(re.sub(r"<[^>]+>", " ", page)).replace(NBSP, " ")
    return " ".join(words.split())


def figure(page: str, label: str) -> int:
    """The amount of a figure by its label; 0 where there is none."""
    found = re.search(rf"<dt>{label}[^<]*</dt>\s*<dd>\s*(.*?)</dd>", page, re.DOTALL)
    amount = re.search(AMOUNT, plain(found[1])) if found else None
    return dong(amount[1]) if amount else 0


def dong(digits: str) -> int:
    return int(digits.replace(".", ""))


def written(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def of_pages(staff: Browser, loans: Mapping[str, int]) -> Iterator[tuple[str, Amounts]]:
    """Of the loan's own page and of the form that takes its money."""
    own, filled, at_hand = {}, {}, {}
    for contract, loan_id in loans.items():
        own[contract] = figure(staff.get(f"/loan/{loan_id}").text, TO_PAY)
        form = staff.get(f"/loan/{loan_id}/repay").text
        offered = re.search(rf"Phải trả đến [\d/]+\s*<strong>{AMOUNT}", form.replace(NBSP, " "))
        at_hand[contract] = dong(offered[1]) if offered else 0
        field = re.search(r'<input[^>]*name="amount"[^>]*value="([^"]*)"', form)
        if at_hand[contract]:
            filled[contract] = dong(field[1]) if field else 0
    yield "loan page", own
    yield "form at hand", at_hand
    yield "form filled", filled


def of_lists(staff: Browser, day: date) -> Iterator[tuple[str, Amounts]]:
    """Of the list of loans and the reports of the day, as pages, workbooks and papers."""
    seen: Amounts = {}
    for page in (1, 2):
        (table,) = tables_of(staff.get(f"/loans?status=all&page={page}").text)
        seen |= {contract_of(row.cells[0].text): one for row, one in table.amounts_of(TO_PAY)}
    yield "list", seen
    for name in ("/loans.xlsx?status=all", f"/reports/loans.xlsx?as_of={day}", "/overdue.xlsx"):
        yield name, by_contract(sheet_rows(staff.get(name).data), TO_PAY)
    late: Amounts = {}
    for table in tables_of(staff.get("/overdue").text):
        late |= {contract_of(row.cells[0].text): one for row, one in table.amounts_of(TO_PAY)}
    yield "overdue", late


def contract_of(words: str) -> str:
    """The number of the contract that a cell names after the borrower."""
    found = re.search(r"\S*\d+/\d{4}\S*", words)
    assert found is not None, words
    return found[0].rstrip(",")


def of_search(staff: Browser, contracts: Iterable[str]) -> Iterator[tuple[str, Amounts]]:
    found: Amounts = {}
    for contract in contracts:
        answer: Any = staff.get(f"/loans/search.json?q={contract}").json
        for one in (each for each in answer["found"] if "due" in each):  # not borrowers alone
            amount = re.fullmatch(rf"phải trả {AMOUNT}", one["due"].replace(NBSP, " "))
            found[one["contract"]] = dong(amount[1]) if amount else 0
    yield "search", found


def of_borrowers(staff: Browser, borrowers: Iterable[int]) -> Iterator[tuple[str, Amounts]]:
    found: Amounts = {}
    for borrower_id in borrowers:
        tables = tables_of(staff.get(f"/borrower/{borrower_id}").text)
        table = next(one for one in tables if TO_PAY in one.heads)
        found |= {row.cells[0].text: one for row, one in table.amounts_of(TO_PAY)}
    yield "borrower", found


def of_portal(htx: Browser) -> Iterator[tuple[str, Amounts]]:
    """Of what a cooperative reads of its own loans, and of the page that says how to pay."""
    cards, pay = {}, {}
    page = htx.get("/my").text
    for card in re.findall(r'<section class="sheet loan.*?</section>', page, re.DOTALL):
        contract = contract_of(plain(card))
        said = re.search(rf"(?:nộp|nộp ngay|còn phải trả) {AMOUNT}", plain(card))
        cards[contract] = dong(said[1]) if said else 0
        way = re.search(r'href="(/my/loan/\d+/pay)"', card)
        if way:
            asked = rf"(?:Quá hạn|Đến hạn hôm nay)[^<]*</h2>.*?<p class=.copied.[^>]*>{AMOUNT}"
            page_of = htx.get(way[1]).text.replace(NBSP, " ")
            shown = re.search(asked, page_of, re.DOTALL)
            pay[contract] = dong(shown[1]) if shown else 0
    yield "portal", cards
    yield "portal, how to pay", pay


def of_a_day_more(staff: Browser, htx: Browser, loan_id: int, day: date) -> dict[str, int]:
    """What a day more adds to what is due: as said, and as what is asked for then less now."""
    morrow = day + day.resolution

    def asked(on: date) -> int:
        page = plain(staff.get(f"/loan/{loan_id}?pay_on={on:%d/%m/%Y}").text)
        due = re.search(rf"Phải trả ngày {on:%d/%m/%Y} {AMOUNT}", page)
        assert due is not None, page
        return dong(due[1])

    own = re.search(A_DAY_LATER, plain(staff.get(f"/loan/{loan_id}").text))
    theirs = re.search(A_DAY_LATER, plain(htx.get(f"/my/loan/{loan_id}/pay").text))
    then = figure_of(htx.get(f"/my/loan/{loan_id}/pay?pay_on={morrow:%d/%m/%Y}").text)
    now = figure_of(htx.get(f"/my/loan/{loan_id}/pay").text)
    assert own is not None
    assert theirs is not None
    return {
        "loan page, difference": asked(morrow) - asked(day),
        "loan page": dong(own[1]),
        "portal": dong(theirs[1]),
        "portal, difference": then - now,
    }


def figure_of(pay_page: str) -> int:
    """The first sum of the page that says how to pay: what is due."""
    found = re.search(rf"Số tiền {AMOUNT}", plain(pay_page))
    assert found is not None, pay_page
    return dong(found[1])


def costs_of_delay(session: Session, day: date) -> Iterator[tuple[str, str, int]]:
    """What mail and notice say that a day of delay adds, of each contract that is overdue."""
    settings = load_settings(session)
    for owed in owing(session, settings, day):
        days = {due.due_date for due in owed.dues.dues if due.due_date < day}
        if not days:
            continue
        borrower = session.get_one(Borrower, owed.loan.borrower_id)
        told = letter(session, settings, borrower, day, {owed.loan.id: (owed, days)})
        for where, words in (
            ("mail", mail_body(told, (), "https://quy.example.vn")),
            ("notice", paper_of(told, told.loans[0], owed, day)),
        ):
            found = re.search(A_DAY_OF_DELAY, plain(words))
            if found:
                yield where, owed.loan.contract_number, dong(found[1])


def counted(page: str) -> Iterator[tuple[str, int]]:
    """Every link of a page to loans that says how many, and how many that is."""
    link = r'<a [^>]*href="(/loans\?[^"]*)"[^>]*>((?:(?!</a>).)*)</a>'
    note = r'(?:</span>\s*<span class="figure-note">(\d+) khoản)?'
    for to, said, beside in re.findall(link + note, page, re.DOTALL):
        count = re.fullmatch(r"(?:\D* )?(\d+)(?: khoản)?", plain(said))
        if beside:
            yield unescape(to), int(beside)
        elif count:
            yield unescape(to), int(count[1])


def rows_of(staff: Browser, address: str) -> int:
    """How many loans a list shows, page by page."""
    rows, more = 0, address
    while more:
        page = staff.get(more).text
        tables = tables_of(page)
        rows += len(tables[0].part("tbody")) if tables else 0
        next_page = re.search(r'rel="next" href="([^"]*)"', page)
        more = unescape(next_page[1]) if next_page else ""
    return rows


def of_letters(session: Session, day: date) -> Iterator[tuple[str, Amounts]]:
    """Of mail and letter to every borrower, called for by one coming due; and of notices."""
    settings = load_settings(session)
    borrowers: dict[int, list[Owing]] = {}
    for owed in owing(session, settings, day):
        borrowers.setdefault(owed.loan.borrower_id, []).append(owed)
    mails: Amounts = {}
    letters: Amounts = {}
    coming: Amounts = {}
    notices: Amounts = {}
    last: Amounts = {}
    for borrower_id, loans in borrowers.items():
        spoken = {one.loan.id: (one, set[date]()) for one in loans}
        spoken[loans[0].loan.id][1].update(
            [due.due_date for due in loans[0].dues.dues if due.due_date > day][:1]
        )
        told = letter(session, settings, session.get_one(Borrower, borrower_id), day, spoken)
        if not told.everything:
            continue
        mail = dict(sections(mail_body(told, (), "https://quy.example.vn")))
        mails |= {contract: now_in(words, day) for contract, words in mail.items()}
        coming |= {one: found for one, words in mail.items() if (found := next_in(words))}
        pdf = sections(words_of(render_letter(told)))
        letters |= {contract: now_in(words, day) for contract, words in pdf}
        owed_by = {one.loan.contract_number: one for one in loans}
        for part in told.everything:
            if part.is_overdue(day):
                words = paper_of(told, part, owed_by[part.contract_number], day)
                notices[part.contract_number] = asked_in(words)
                last[part.contract_number] = asked_later_in(words)
    yield "mail", mails
    yield "letter", letters
    yield "mail, next", coming
    yield "notice", notices
    yield "notice, deadline", last


def sections(words: str) -> Iterator[tuple[str, str]]:
    """What a letter says of each contract."""
    parts = re.split(r"Hợp đồng (\S+) ngày [\d/]+", plain(words).partition("Tổng")[0])
    yield from zip(parts[1::2], parts[2::2], strict=True)


def now_in(words: str, day: date) -> int:
    """What is to be paid by the day of a letter; what is told of it adds up to that."""
    found = re.search(rf"Phải trả đến hết ngày {day:%d/%m/%Y}: {AMOUNT}", words)
    part = rf"(?:gốc|lãi) {AMOUNT}"  # what there is none of is not named
    due = re.findall(rf"(?:Quá hạn|Đến hạn hôm nay)[^:]*: {part}(?:, {part})?", words)
    penalties = re.search(rf"Lãi quá hạn, lãi chậm trả[^:]*: {AMOUNT}", words)
    credit = re.search(rf"Trừ tiền thừa: {AMOUNT}", words)
    told = sum(dong(one) for pair in due for one in pair if one)
    told += dong(penalties[1]) if penalties else 0
    told -= dong(credit[1]) if credit else 0
    assert told == (dong(found[1]) if found else 0), words
    return told


def next_in(words: str) -> int:
    """What is to be paid on the next due date after the day."""
    found = re.search(rf"(?:Kỳ tới|Phải trả ngày) [\d/]+: {AMOUNT}", words)
    return dong(found[1]) if found else 0


def of_commands(
    book: Path, day: date, contracts: Iterable[str]
) -> Iterator[tuple[str, Amounts]]:
    """Of the command that shows a loan."""
    shown = {}
    for contract in contracts:
        printed = command(book, day, "loan", contract)
        found = re.search(rf"^\s*{TO_PAY}\s+{AMOUNT}$", printed, re.MULTILINE)
        assert found is not None, printed
        shown[contract] = dong(found[1])
    yield "loanfund loan", shown


def of_statements(
    book: Path, day: date, contracts: Iterable[str]
) -> Iterator[tuple[str, Amounts]]:
    """Of statements, issued through the day: in the summary, and where it comes from."""
    summary, explained = {}, {}
    for contract in contracts:
        file = book.with_name("statement.pdf")
        command(book, day, "statement", contract, "-o", str(file))
        words = words_of(file.read_bytes())
        due = re.search(rf"PHẢI TRẢ.*?{AMOUNT}", words, re.IGNORECASE)
        assert due is not None, words
        summary[contract] = dong(due[1])
        _, found, after = words.partition(f"Phải trả đến hết ngày {day:%d/%m/%Y}")
        said = re.search(r"\b\d{1,3}(?:\.\d{3})+\b", after)
        if found and said:
            explained[contract] = dong(said[0])
    yield "statement", summary
    yield "statement, explained", explained


def command(book: Path, day: date, *arguments: str) -> str:
    """What a command prints on a day, in Vietnamese."""
    known = environment(book, day.isoformat()) | {"LOANFUND_LANGUAGE": "vi"}
    done = CliRunner().invoke(main, arguments, env=known)
    assert done.exit_code == 0, done.output
    return done.output.replace(NBSP, " ")


def paper_of(told: Letter, part: LoanPart, owed: Owing, day: date) -> str:
    folded = fold_loan(owed.loan.history(), day, owed.loan.rule_sets)
    return words_of(render_notice(notice_of(told, part, folded, day + WITHIN), ISSUE))


def asked_in(words: str) -> int:
    found = re.search(rf"ố tiền phải trả[^:]*: {AMOUNT}", plain(words))
    assert found is not None, words
    return dong(found[1])


def asked_later_in(words: str) -> int:
    found = re.search(rf"Nếu trả ngày [\d/]+, số tiền phải trả là {AMOUNT}", plain(words))
    assert found is not None, words
    return dong(found[1])


def loan_ids(session: Session) -> dict[str, int]:
    query = select(Loan.contract_number, Loan.id).where(Loan.state == "approved")
    return {row.contract_number: row.id for row in session.execute(query)}
