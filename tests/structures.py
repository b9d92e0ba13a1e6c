"""Write the files of `migrations/structure`: what the migrations make of new databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

from loanfund import migrate
from loanfund.db import make_engine
from loanfund.paths import MIGRATIONS
from loanfund.structure import structure_of
from tests import postgres


@contextmanager
def new_databases() -> Iterator[list[URL | str]]:
    """Give a SQLite and a PostgreSQL database, both empty."""
    with (
        TemporaryDirectory() as folder,
        postgres.server() as server,
        postgres.database(server, "loanfund_structure") as address,
    ):
        yield [f"sqlite:///{Path(folder)}/book.sqlite3", address]


def main() -> None:
    with new_databases() as addresses:
        for address in addresses:
            engine = make_engine(address)
            migrate.upgrade(engine)
            with engine.connect() as connection:
                lines = sorted(structure_of(connection))
            engine.dispose()
            path = MIGRATIONS / "structure" / f"{engine.dialect.name}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
