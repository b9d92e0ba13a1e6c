"""What commands share: settings, database, clock, who acts, and how refusals are said."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import InstrumentedAttribute, Session, sessionmaker

from loanfund.cli.saying import REFUSED, language, say_refusal
from loanfund.clock import Clock, FixedClock, SystemClock, end_of_day
from loanfund.config import Settings
from loanfund.db import (
    is_unusable,
    make_engine,
    make_sessions,
    read_session,
)
from loanfund.domain.code import tidy_code
from loanfund.domain.errors import ConfigurationError, InvalidInputError, LoanFundError
from loanfund.domain.json_value import parse_day
from loanfund.domain.permission import Actor
from loanfund.queries.user import actor_of
from loanfund.rights import refusals_of_database
from loanfund.services.user import command_line
from loanfund.store.code import kept_code
from loanfund.wording.reading import read_day

P = ParamSpec("P")


class Program:
    """Everything a command may ask for, made when it first does."""

    def __init__(self, email: str | None = None) -> None:
        """Remember as whom to act; None is LOANFUND_ACTOR, else the user `cli`."""
        self.email = email

    @cached_property
    def settings(self) -> Settings:
        """What a command that serves nobody needs to know."""
        return Settings.from_environment(os.environ, serves=False)

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        return make_engine(self.settings.database_url)

    def close(self) -> None:
        """Leave no connection open behind the command."""
        if "engine" in vars(self):
            self.engine.dispose()

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """Sessions on the database."""
        return make_sessions(self.engine)

    @cached_property
    def clock(self) -> Clock:
        """The time; a demonstration may let its business date stand still."""
        pinned = self.settings.today
        return SystemClock() if pinned is None else FixedClock(pinned)

    @property
    def language(self) -> str:
        """The language of messages."""
        return language()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads."""
        with read_session(self.sessions) as session:
            yield session

    def kept(self, column: InstrumentedAttribute[str], typed: str) -> str:
        """Give a code as it is on file, however it was typed."""
        with self.reading() as session:
            return kept_code(session, column, typed)

    def person(self, email: str) -> Actor:
        """Give somebody else by address, as who approved."""
        with self.reading() as session:
            return actor_of(session, email)

    @cached_property
    def actor(self) -> Actor:
        """As whom the command acts."""
        email = self.email or self.settings.actor
        with self.sessions() as session:
            if email:
                return actor_of(session, email)
            return command_line(session, now=self.clock.now())


def refuse_unsafe_database(program: Program, settings: Settings) -> None:
    """Refuse a production start with a role or file by which others could rewrite the books."""
    if settings.demo:
        return
    with program.engine.connect() as connection:
        problems = refusals_of_database(connection, program.clock.now())
    if problems:
        raise ConfigurationError("settings", problems=tuple(problems))


def command(
    function: Callable[Concatenate[Program, P], None],
) -> Callable[P, None]:
    """Hand the program to a command, and say a refusal in words (or JSON with `--json`)."""

    @click.pass_obj
    @wraps(function)
    def run(email: str | None, /, *args: P.args, **options: P.kwargs) -> None:
        program = Program(email)
        try:
            _refuse_broken_text([email, *args, *options.values()])
            function(program, *args, **options)
        except (LoanFundError, DatabaseError) as error:
            refusal = _refusal(error)
            say_refusal(refusal, program.language, as_json=bool(options.get("as_json")))
            sys.exit(REFUSED)
        finally:
            program.close()

    return run  # type: ignore[no-any-return, unused-ignore]


def _refuse_broken_text(given: Sequence[object]) -> None:
    """Refuse bytes that are no text: a database could not keep them."""
    if any(isinstance(one, str) and _is_broken(one) for one in given):
        raise InvalidInputError("text_broken")


def _is_broken(text: str) -> bool:
    return any(unicodedata.category(one) == "Cs" for one in text)


def _refusal(error: LoanFundError | DatabaseError) -> LoanFundError:
    """Give what to tell the operator; a mistake of ours stays loud."""
    if isinstance(error, LoanFundError):
        return error
    if not is_unusable(error):
        raise error
    return ConfigurationError("database", why=str(error.orig).strip())


class Day(click.ParamType[date]):
    """A day: yyyy-mm-dd, or dd/mm/yyyy as people write it; of a receipt it is `past`."""

    name = "day"

    def __init__(self, *, past: bool = False) -> None:
        """Say whether the day only holds what has happened already."""
        self.past = past

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        if isinstance(value, date):
            return value
        try:
            return parse_day(read_day(value, _today(), past=self.past).isoformat())
        except (ValueError, LoanFundError):
            self.fail(f"{value!r}: yyyy-mm-dd, dd/mm/yyyy", param, ctx)


class Code(click.ParamType[str]):
    """A number or code by which something is known, as it is kept."""

    name = "code"

    def convert(
        self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None
    ) -> str:
        return tidy_code(value)


CODE = Code()


def _today() -> date:
    """Give the business date; settings that are broken are the command's own to refuse."""
    try:
        return Program().clock.today()
    except ConfigurationError:
        return SystemClock().today()


DAY, PAST_DAY = Day(), Day(past=True)


def known_at(text: str | None) -> datetime | None:
    """Read `--known-at`: a day means its end at the office, else an instant with its zone."""
    if text is None:
        return None
    try:
        if len(text) == len("yyyy-mm-dd"):
            return end_of_day(date.fromisoformat(text))
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise InvalidInputError("instant_zone", field="known_at", value=text)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise InvalidInputError("instant", field="known_at", value=text) from wrong


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
as_of_option = click.option("--as-of", type=DAY, metavar="D", help="At the end of this day.")
known_at_option = click.option(
    "--known-at",
    "known",
    metavar="T",
    help="As known at a day's end, or at an instant with its zone.",
)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far a long command is, on a terminal only."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, everything: int) -> None:
            bar.length = everything
            bar.update(done - bar.pos)

        yield show
