"""`loanfund demo`: the 2020 book and a user of each role, to look around in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date
from typing import Any

import click

from loanfund.cli.book import import_workbook
from loanfund.cli.program import Program, command
from loanfund.domain.errors import ConfigurationError
from loanfund.domain.permission import Role
from loanfund.paths import DEMO_BOOK
from loanfund.queries._standing import Moment
from loanfund.queries.loan import loan_at
from loanfund.services._setting import SetSetting
from loanfund.services.public_holidays import KEY, public_holidays
from loanfund.services.setting import set_setting
from loanfund.services.sign_in import SetPassword, set_password
from loanfund.services.user import AddUser, add_user, issue_link
from loanfund.wording import text

PASSWORD_BYTES = 12
FOUNDED = date(2015, 1, 1)

# A fund as papers name it; the people, the number and the account are invented.
PROFILE: dict[str, Any] = {
    "fund_name": "Quỹ hỗ trợ phát triển hợp tác xã tỉnh Bắc Giang",
    "fund_superior": "Liên minh hợp tác xã tỉnh Bắc Giang",
    "fund_address": "Đường Nguyễn Văn Cừ, thành phố Bắc Giang, tỉnh Bắc Giang",
    "fund_phone": "0204 3555 000",
    "fund_tax_code": "2400000000",
    "fund_place": "Bắc Giang",
    "fund_bank_account": "2501 0000 000 000, Ngân hàng Nông nghiệp, chi nhánh Bắc Giang",
    "signatories": [
        {"title": "Kế toán trưởng", "name": "Trần Thị Thu Hà"},
        {"title": "Giám đốc", "name": "Nguyễn Văn Bình"},
    ],
}


# The manager last: once there is one, people are not confirmed by commands any more.
PEOPLE = {
    Role.OFFICER: "Vũ Thị Lan",
    Role.ACCOUNTANT: "Trần Thị Thu Hà",
    Role.ADMIN: "Phạm Đức Long",
    Role.AUDITOR: "Lê Minh Châu",
    Role.COOPERATIVE: "Hoàng Thị Sen",
    Role.MANAGER: "Nguyễn Văn Bình",
}
A_LOAN_OF_THE_COOPERATIVE = "34/2019/HĐTD-QHTPT"  # its borrower has three, of two sources


@click.command()
@command
def demo(program: Program) -> None:
    """Load the 2020 book and make a user for each role, with passwords printed once."""
    if not program.settings.demo:
        raise ConfigurationError("demo_only")
    _set_holidays(program)
    import_workbook(program, DEMO_BOOK)
    _set_profile(program)
    click.echo(text("demo.users", program.language))
    for role, name in PEOPLE.items():
        email = f"{role.value}@demo.example"
        person = AddUser(email=email, name=name, role=role)
        if role is Role.COOPERATIVE:
            person = replace(person, borrower_id=_cooperative(program))
        click.echo(f"{email:<32}{_add(program, person)}")


def _set_holidays(program: Program) -> None:
    """List the public holidays of the book's years, before there are figures to move."""
    years = range(FOUNDED.year, program.clock.today().year + 2)
    request = SetSetting(key=KEY, value=public_holidays(years), valid_from=FOUNDED)
    with program.sessions() as session:
        set_setting(session, request, program.actor, program.clock)


def _set_profile(program: Program) -> None:
    """Say who the fund is, from its beginning on."""
    actor = program.actor
    for key, value in PROFILE.items():
        request = SetSetting(key=key, value=value, valid_from=FOUNDED)
        with program.sessions() as session:
            set_setting(session, request, actor, program.clock)


def _cooperative(program: Program) -> int:
    """Give the borrower for whom the demonstration's cooperative signs in."""
    with program.reading() as session:
        found = loan_at(session, A_LOAN_OF_THE_COOPERATIVE, Moment(program.clock.today()))
    return found.loan.borrower_id


def _add(program: Program, person: AddUser) -> str:
    """Add a user with a random password and give the password."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    actor, now = program.actor, program.clock.now()
    with program.sessions() as session:
        add_user(session, person, actor, now=now)
        link = issue_link(session, person.email, actor, now=now)
        set_password(session, SetPassword(link=link, password=password), now=now)
    return password
