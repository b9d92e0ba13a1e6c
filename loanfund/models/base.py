"""What all tables share: names of constraints, and columns for money, rates and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from loanfund.domain.money import Money, Rate


class MoneyType(TypeDecorator[Money]):
    """Whole đồng; sums come back as money too, though PostgreSQL widens them to numeric."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Money | None, _dialect: Dialect) -> int | None:
        return None if value is None else value.dong

    def process_result_value(self, value: Any, _dialect: Dialect) -> Money | None:
        return None if value is None else Money(int(value))


class RateType(TypeDecorator[Rate]):
    """A yearly rate in parts per million."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Rate | None, _dialect: Dialect) -> int | None:
        return None if value is None else value.ppm

    def process_result_value(self, value: Any, _dialect: Dialect) -> Rate | None:
        return None if value is None else Rate(int(value))


class UTCDateTime(TypeDecorator[datetime]):
    """An instant; SQLite keeps no zone: what lies there is UTC, and is read as such."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise TypeError(f"an instant needs its zone: {value}")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return instant.astimezone(UTC)


# SQLite counts up an INTEGER key only.
Id = Annotated[
    int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
]

# The `info` of a column by which somebody could sign in, or take over who has: reports never
# see it.
PRIVATE = {"private": True}


class Base(DeclarativeBase):
    """The root of all tables; named constraints can be altered by a migration."""

    metadata = MetaData(
        naming_convention={
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        Money: MoneyType,
        Rate: RateType,
        date: Date,
        datetime: UTCDateTime,
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
        str: Text,
    }
