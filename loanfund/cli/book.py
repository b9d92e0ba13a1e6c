"""`loanfund import`: a workbook into the book, all of it or nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from loanfund.cli.program import Program, command, progress_bar
from loanfund.cli.saying import REFUSED
from loanfund.documents.workbook.meaning import closed_lines, meaning_lines
from loanfund.documents.workbook.reading import read_book
from loanfund.documents.workbook.sentence import sentence
from loanfund.domain.book_meaning import ImplausibleWorkbookError
from loanfund.domain.book_problem import WorkbookRefusedError
from loanfund.domain.book_sound import PartlyReadError
from loanfund.services._book_import import ImportBook, ImportReport
from loanfund.services.book import all_that_is_wrong, bring_in_book
from loanfund.wording import LANGUAGES, clean, explain, text


@click.command("import")
@click.argument("workbook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything; write nothing.")
@click.option(
    "--accept-implausible", metavar="REASON", help="Why implausible values are right."
)
@command
def import_command(
    program: Program,
    workbook: Path,
    accept_implausible: str | None,
    *,
    dry_run: bool,
) -> None:
    """Import WORKBOOK; what the book has already is left as it is.

    Into a book that holds anything it comes as a proposal, which a manager approves.
    """
    meant = clean(accept_implausible or "") or None
    try:
        report = import_workbook(program, workbook, meant=meant, is_dry_run=dry_run)
    except WorkbookRefusedError as refusal:
        _print_problems(refusal)
        if isinstance(refusal, ImplausibleWorkbookError):
            _print_lines(meaning_lines(refusal.meaning, program.language), err=True)
            _print_lines(closed_lines(refusal.meaning, program.language), err=True)
        sys.exit(REFUSED)
    _print_report(report, program.language)


def import_workbook(
    program: Program,
    workbook: Path,
    *,
    meant: str | None = None,
    is_dry_run: bool = False,
) -> ImportReport:
    """Read a workbook and import it, showing how far it is."""
    actor = program.actor
    try:
        book = read_book(workbook)
    except PartlyReadError as partly:
        with program.sessions() as session:
            refusal = all_that_is_wrong(session, partly, actor, program.clock)
        raise refusal from None
    label = text("import.running", program.language)
    with progress_bar(label) as progress:
        request = ImportBook(
            book=book,
            file=workbook.name,
            meant=meant,
            is_dry_run=is_dry_run,
            progress=progress,
        )
        with program.sessions() as session:
            return bring_in_book(session, request, actor, program.clock)


def _print_problems(refusal: WorkbookRefusedError) -> None:
    """Say every problem in both languages, because those who type workbooks differ."""
    for language in LANGUAGES:
        click.echo(explain(refusal, language), err=True)
        for problem in refusal.problems:
            click.echo(f"  {sentence(problem, language)}", err=True)


def _print_report(report: ImportReport, language: str) -> None:
    if report.is_dry_run:
        click.echo(text("import.dry_run", language))
    if report.proposal is not None:
        click.echo(text("import.proposed", language, number=report.proposal))
    for kind, count in report.added.items():
        known = report.known.get(kind, 0)
        label = text(f"import.{kind}", language)
        click.echo(text("import.line", language, kind=label, added=count, known=known))
    _print_lines(meaning_lines(report.meaning, language))
    _print_lines(closed_lines(report.meaning, language))
    _print_lines(sentence(problem, language) for problem in report.meaning.implausible)


def _print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    for line in lines:
        click.echo(f"  {line}", err=err)
