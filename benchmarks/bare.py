"""The bare things: what the same work costs with nothing of ours around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import Engine, MetaData, Table, insert
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session

from loanfund.documents import fonts

Row = tuple[str, dict[str, Any]]  # the name of its table, and what it says


def app(engine: Engine, tables: Sequence[str], posts: Sequence[Sequence[Row]]) -> Flask:
    """Give an application that inserts the rows of the post that is named, and commits.

    It does so with classes mapped to empty copies of the tables, without foreign keys.
    """
    mapped = _mapped(engine, tables)
    found = Flask("bare")

    @found.post("/")
    def record() -> ResponseReturnValue:
        rows = posts[int(request.form["number"])]
        with Session(engine) as session:
            session.add_all([mapped[name](**values) for name, values in rows])
            session.commit()
        return redirect("/")

    return found


def _mapped(engine: Engine, tables: Sequence[str]) -> dict[str, Any]:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA bare")
        for name in tables:
            made = f"CREATE TABLE bare.{name} (LIKE public.{name} INCLUDING ALL)"
            connection.exec_driver_sql(made)
    base = automap_base(metadata=MetaData(schema="bare"))
    base.prepare(autoload_with=engine)
    return {name: base.classes[name] for name in tables}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text where a paper has it."""

    text: str
    face: str
    size: float
    x: float
    y: float


def pieces(file: bytes) -> list[list[Piece]]:
    """Give every piece of text of a paper of ours, page by page."""
    fonts.register()
    faces = {pdfmetrics.getFont(name).face.name.decode(): name for name in fonts.FACES}
    found = []
    for page in PdfReader(BytesIO(file)).pages:
        own: list[Piece] = []

        def keep(
            text: str, _cm: Any, place: Any, font: Any, size: float, own: Any = own
        ) -> None:
            if text.strip() and font:
                face = faces[font["/BaseFont"].partition("+")[2]]
                own.append(Piece(text.strip("\n"), face, size, place[4], place[5]))

        page.extract_text(visitor_text=keep)
        found.append(own)
    return found


def draw(pages: list[list[Piece]]) -> bytes:
    """Draw pieces of text where they stand, in their faces, and nothing else."""
    fonts.register()
    buffer = BytesIO()
    canvas = Canvas(buffer)
    for page in pages:
        for one in page:
            canvas.setFont(one.face, one.size)
            canvas.drawString(one.x, one.y, one.text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def copied(engine: Engine, name: str) -> Table:
    """Make an empty table with the columns, checks and indexes of another."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE bare_{name} (LIKE {name} INCLUDING ALL)")
    return Table(f"bare_{name}", MetaData(), autoload_with=engine)


def emptied(engine: Engine, tables: Sequence[Table]) -> None:
    """Take out all rows."""
    with engine.begin() as connection:
        for table in tables:
            connection.exec_driver_sql(f"TRUNCATE {table.name}")


def insert_rows(
    engine: Engine, tables: Sequence[Table], rows: Sequence[list[dict[str, Any]]], times: int
) -> None:
    """Insert the rows of each table, in so many transactions."""
    for part in range(times):
        with engine.begin() as connection:
            for table, own in zip(tables, rows, strict=True):
                connection.execute(insert(table), own[part::times])
