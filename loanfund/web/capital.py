"""Capital: what each source has, its movements, and proposals to move it or take it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from loanfund.domain.errors import ConflictError, InvalidInputError, RuleViolationError
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.queries._report import source_names
from loanfund.queries.capital import capital_book, capital_line, free_capital
from loanfund.queries.closed_month import booked_in
from loanfund.services import _proposable
from loanfund.services._capital import MoveCapital, UndoCapital
from loanfund.services._proposable import Proposed, read_movement
from loanfund.services.book_voucher import issue_capital_voucher
from loanfund.services.proposal import Propose, propose
from loanfund.store.request_key import new_key
from loanfund.web import again, database
from loanfund.web.asked import asked_moment
from loanfund.web.behind import source_address
from loanfund.web.book_voucher import rendered_voucher
from loanfund.web.context import edge, language, today, working_date
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    KeyedForm,
    MoneyField,
    Required,
    TextField,
)
from loanfund.web.limit import limited
from loanfund.web.loan_list import figure_address
from loanfund.web.login import requires, signed_in
from loanfund.wording import dmy, text

REFUSED = 422
FIELDS = {"over_capital": "amount", "after_business_date": "value_date"}
MOVEMENT = "/capital/<int(max=2147483647):movement_id>/reverse"

page = Blueprint("capital", __name__)


class ReasonForm(KeyedForm):
    """Why it is proposed."""

    reason = TextField(validators=[Required(), AtMost(300)])


class MovementForm(ReasonForm):
    """A contribution or a withdrawal."""

    source = ChoiceField()
    direction = ChoiceField(
        default="in", options=[(one, f"capital.direction.{one}") for one in ("in", "out")]
    )
    value_date = DayField(validators=[Required()], past=True)
    amount = MoneyField(validators=[Required()])
    contributor = TextField(validators=[Required(), AtMost(200)])
    into_closed = BooleanField()

    def asked(self) -> MoveCapital:
        """Give the request; what is taken out is negative."""
        day, amount = self.value_date.data, self.amount.data
        assert day is not None
        assert amount is not None
        return MoveCapital(
            source_code=self.source.data,
            value_date=day,
            amount=amount if self.direction.data == "in" else -amount,
            contributor=self.contributor.data or "",
            note=self.reason.data,
        )


@page.get("/capital")
@requires(Action.SEE_REPORTS, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show every source with its movements, the latest balance last."""
    moment = asked_moment()
    book = capital_book(database.session(), moment, today())
    return render_template(
        "capital/show.html",
        book=book,
        moment=moment,
        loans=figure_address,
        reports=lambda figure, source="": source_address(figure, moment, source),
    )


@page.get("/capital/propose")
@requires(Action.MOVE_CAPITAL, Grant.PROPOSES)
def begin() -> ResponseReturnValue:
    """Begin a movement on the working date, or with the one that came back."""
    return _move(MovementForm(formdata=None, **_begun()))


@page.post("/capital/propose")
@requires(Action.MOVE_CAPITAL, Grant.PROPOSES)
def record() -> ResponseReturnValue:
    """Propose a movement and go to the proposal; else show it again with what is wrong."""
    form = _offered(MovementForm())
    if form.sent() and (form.into_closed.data or not _closed_month(form.value_date.data)):
        number = _sent(form, _proposable.capital_movement(form.asked()))
        if number:
            return redirect(url_for("proposal.one", proposal_id=number))
    return _move(form), REFUSED


@page.get(MOVEMENT)
@requires(Action.MOVE_CAPITAL, Grant.PROPOSES)
def undo(movement_id: int) -> ResponseReturnValue:
    """Show a movement that is to be taken back."""
    found = again.returned()
    reason = found.line.note if found else None
    return _undo(movement_id, ReasonForm(formdata=None, reason=reason))


@page.post(MOVEMENT)
@requires(Action.MOVE_CAPITAL, Grant.PROPOSES)
def record_undo(movement_id: int) -> ResponseReturnValue:
    """Propose to take a movement back."""
    code, _ = capital_line(database.session(), movement_id, today())
    form = ReasonForm()
    if form.sent():
        asked = UndoCapital(movement_id=movement_id, reason=form.reason.data or "")
        number = _sent(form, _proposable.capital_reversal(asked, code))
        if number:
            return redirect(url_for("proposal.one", proposal_id=number))
    return _undo(movement_id, form), REFUSED


def _begun() -> dict[str, Any]:
    """Give what a form of a movement begins with."""
    found = again.returned()
    if found is None or "amount" not in found.payload:
        return {"value_date": working_date()}
    asked = read_movement(found.payload)
    return {
        "source": asked.source_code,
        "direction": "in" if asked.amount.dong > 0 else "out",
        "value_date": asked.value_date,
        "amount": Money(abs(asked.amount.dong)),
        "contributor": asked.contributor,
        "reason": asked.note,
    }


@page.post("/capital/<int(max=2147483647):movement_id>/voucher")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
@limited(Use.PAPER)
def voucher(movement_id: int) -> ResponseReturnValue:
    """Issue the voucher of a movement, once, and go to its file."""
    session, actor = database.session(), signed_in()
    number = issue_capital_voucher(session, movement_id, actor, edge().clock, rendered_voucher)
    return redirect(url_for("voucher.file", number=number))


def _sent(form: ReasonForm, proposed: Proposed) -> int | None:
    """Send it to the inbox once; a refusal stands in the form."""
    key = form.request_key.data or ""
    request = Propose(proposed=proposed, note=again.named(form.reason.data), key=key)
    try:
        number = propose(database.session(), request, signed_in(), edge().clock)
    except (RuleViolationError, InvalidInputError, ConflictError) as error:
        field = FIELDS.get(error.reason, "")
        form.refuse(error, field if field in form else None)
        form.request_key.data = new_key()
        return None
    flash(text("change_page.sent", language()), "good")
    return number


def _offered(form: MovementForm) -> MovementForm:
    names = source_names(database.session())
    form.source.offer((code, f"{code} – {name}") for code, name in names)
    return form


def _move(form: MovementForm) -> str:
    day = form.value_date.data or working_date()
    return render_template(
        "capital/move.html",
        form=_offered(form),
        warned=_closed_month(form.value_date.data),
        free=free_capital(database.session(), day),
        day=day,
    )


def _closed_month(day: date | None) -> str:
    """Warn of a day in a closed month; say nothing of any other."""
    month = booked_in(database.session(), day)
    if day is None or not month:
        return ""
    return text("capital.closed_month", language(), day=dmy(day), month=month)


def _undo(movement_id: int, form: ReasonForm) -> str:
    code, line = capital_line(database.session(), movement_id, today())
    warned = _closed_month(line.day)
    return render_template(
        "capital/reverse.html", form=form, line=line, code=code, warned=warned
    )
