"""Settings as people read and type them: lists a line each, choices by their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wtforms import TextAreaField

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.notice import written_number
from loanfund.domain.posting import Account
from loanfund.domain.reminder import FARTHEST, Kind
from loanfund.domain.terms import Component
from loanfund.web.context import language, today
from loanfund.web.lines import read_lines
from loanfund.wording import clean, dmy, percent, text, vnd
from loanfund.wording.reading import read_day, read_whole

# Where the texts of a choice are: this and the value make the key.
CHOICES = {
    "day_count": "contract.day_count",
    "working_day_rule": "contract.working_day_rule",
    "prepayment": "contract.prepayment",
    "surplus": "loan_page.surplus",
    "debt_rule_set": "setting.debt_rule_set",
    "overdue_method": "setting.overdue_method",
    "reminders_held": "setting.reminders_held",
    "notices_signed": "setting.notices_signed",
}
YES, NO = "yes", "no"
SHOWN_NUMBERS = (1, 2, 123)


class LinesField(TextAreaField):
    """A list, a line each; `data` is that list, None while a line cannot be read."""

    data: Any

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        read: Callable[[str], Any],
        write: Callable[[Any], str],
        **more: Any,
    ) -> None:
        super().__init__(label, validators, **more)
        self.read, self.write = read, write

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        typed = valuelist[0] if valuelist else ""
        self.data = read_lines(typed, lambda line: self.read(clean(line)))

    def _value(self) -> str:
        if self.data is not None:
            return "\n".join(map(self.write, self.data))
        return str(self.raw_data[0]) if self.raw_data else ""


def read_holiday(line: str) -> str:
    """Read a day of the list of holidays."""
    return read_day(line, today()).isoformat()


def write_holiday(day: str) -> str:
    """Write a day of the list of holidays."""
    return dmy(read_day(day, today()))


def read_component(line: str) -> str:
    """Read what a payment pays by its name."""
    return _named(line, "component", Component)


def write_component(component: str) -> str:
    """Name what a payment pays."""
    return text(f"component.{component}", language())


def read_signatory(line: str) -> dict[str, str]:
    """Read `Giám đốc: Lê An`."""
    title, name = _pair(line)
    return {"title": title, "name": name}


def write_signatory(one: dict[str, str]) -> str:
    """Write `Giám đốc: Lê An`."""
    return f"{one['title']}: {one['name']}"


def read_account(line: str) -> tuple[str, str]:
    """Read `Tiền mặt: 1111`."""
    name, number = _pair(line)
    return _named(name, "account", Account), number


def write_account(one: tuple[str, str]) -> str:
    """Write `Tiền mặt: 1111`."""
    return f"{text(f'account.{one[0]}', language())}: {one[1]}"


def read_rule(line: str) -> dict[str, Any]:
    """Read `-7: tin nhắn`: days after the due, before it where negative, and what is done."""
    days, kind = _pair(line)
    is_before = days.startswith("-")
    number = read_whole(days.removeprefix("-").removeprefix("+"), 0, FARTHEST)
    return {
        "days": -number if is_before else number,
        "kind": _named(kind, "setting.rule", Kind),
    }


def write_rule(one: dict[str, Any]) -> str:
    """Write `-7: tin nhắn`."""
    return f"{one['days']}: {text('setting.rule.' + one['kind'], language())}"


def _said_rule(one: dict[str, Any]) -> str:
    """Say `trước hạn 7 ngày: tin nhắn`."""
    days = one["days"]
    when = "today" if not days else "before" if days < 0 else "after"
    kind = text("setting.rule." + one["kind"], language())
    return f"{text(f'reminder.rule.{when}', language(), days=abs(days))}: {kind}"


WRITERS: dict[str, Callable[[Any], str]] = {
    "holidays": write_holiday,
    "allocation_order": write_component,
    "allocation_order_overdue": write_component,
    "signatories": write_signatory,
    "account_numbers": write_account,
    "reminder_rules": write_rule,
}


def to_field(value: Any) -> Any:
    """Give a setting's JSON value as its field holds it."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, bool):
        return YES if value else NO
    return value


def from_field(key: str, data: Any) -> Any:
    """Give what a field holds as the setting's JSON value."""
    if key == "account_numbers":
        return dict(data)
    if key in {"reminders_held", "notices_signed"}:
        return data == YES
    return "" if data is None else data


def say(value: Any, key: str) -> str:
    """Write a value in the reader's language; a list has a line each."""
    held = to_field(value)
    if key in WRITERS:
        between = " → " if key.startswith("allocation_order") else "\n"
        write = _said_rule if key == "reminder_rules" else WRITERS[key]
        return between.join(map(write, held)) or "–"
    if key in CHOICES:
        return text(f"{CHOICES[key]}.{held}", language())
    return SAID[key](held) if key in SAID else str(held) or "–"


def _said_pattern(pattern: str) -> str:
    """Say a pattern, and how numbers look that it writes."""
    shown = [written_number(pattern, one, today().year) for one in SHOWN_NUMBERS]
    return f"{pattern} ({', '.join(shown)} …)"


def _said_factor(factor: str) -> str:
    return str(factor).replace(".", ",")


SAID: dict[str, Callable[[Any], str]] = {
    "late_interest_rate": percent,
    "tolerance": vnd,
    "overdue_rate_multiplier": _said_factor,
    "notice_number": _said_pattern,
}


def _pair(line: str) -> tuple[str, str]:
    first, mark, second = (part.strip() for part in line.rpartition(":"))
    if not (first and mark and second):
        raise InvalidInputError("setting_pair", typed=line)
    return first, second


def _named(typed: str, prefix: str, kind: Any) -> str:
    """Find what is meant by its name in the reader's language, or by its code."""
    for one in kind:
        name = text(f"{prefix}.{one.value}", language())
        if typed.casefold() in (name.casefold(), one.value):
            return str(one.value)
    names = ", ".join(text(f"{prefix}.{one.value}", language()) for one in kind)
    raise InvalidInputError("setting_name", typed=typed, names=names)
