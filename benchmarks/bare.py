"""The bare things: what the same work costs with nothing of ours around it."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import Engine, MetaData, Table, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from loanfund.documents import fonts


class Base(DeclarativeBase):
    """The root of the one table."""


class Payment(Base):
    """A payment as a form brings it."""

    __tablename__ = "bare_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    loan: Mapped[int]
    value_date: Mapped[str]
    amount: Mapped[int]
    method: Mapped[str]


def app(engine: Engine) -> Flask:
    """Give an application that inserts what it is sent, commits, and sends the browser on."""
    Base.metadata.create_all(engine)
    found = Flask("bare")

    @found.post("/")
    def record() -> ResponseReturnValue:
        typed = request.form
        with Session(engine) as session:
            amount = int(typed["amount"])
            session.add(
                Payment(
                    loan=1,
                    value_date=typed["value_date"],
                    amount=amount,
                    method=typed["method"],
                )
            )
            session.commit()
        return redirect("/")

    return found


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


def insert_rows(engine: Engine, table: Table, rows: list[dict[str, Any]], chunk: int) -> None:
    """Insert rows, a chunk a transaction."""
    for start in range(0, len(rows), chunk):
        with engine.begin() as connection:
            connection.execute(insert(table), rows[start : start + chunk])
