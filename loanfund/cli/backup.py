"""`loanfund backup` and `loanfund restore`: the whole book as one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from loanfund.backup.archive import Backup
from loanfund.backup.book import restore_backup, take_backup
from loanfund.cli.database import say_differences
from loanfund.cli.program import Program, command
from loanfund.wording import text


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@command
def backup(program: Program, file: Path) -> None:
    """Write the whole book, issued papers included, into the new FILE; work goes on."""
    taken = take_backup(program.engine, file, program.clock.now())
    _say("backup.taken", program, taken, file)
    click.echo(text("backup.not_inside", program.language))
    click.echo(f"{taken.sha256}  {file}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the book that the database holds.")
@click.option("--sha256", metavar="HEX", help="What `loanfund backup` printed, kept apart.")
@command
def restore(program: Program, file: Path, sha256: str | None, *, replace: bool) -> None:
    """Make the database what FILE holds, all or nothing, and verify it."""
    restored = restore_backup(program.engine, file, sha256=sha256, may_replace=replace)
    _say("backup.restored", program, restored, file)
    click.echo(text(f"backup.afterwards_{program.engine.dialect.name}", program.language))
    say_differences(program)


def _say(key: str, program: Program, found: Backup, file: Path) -> None:
    """Say what the file holds, in figures that people can compare."""
    manifest = found.manifest
    counts = {name: manifest.rows.get(name, 0) for name in ("loan", "loan_event", "document")}
    facts = {"path": str(file), "taken_at": f"{manifest.taken_at:%Y-%m-%d %H:%M:%S %Z}"}
    click.echo(text(key, program.language, **facts, **counts))
