"""What a workbook adds up to, in lines: whoever decides on it sees a wrong unit at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from loanfund.domain.book_meaning import Meaning, Shortfall
from loanfund.domain.book_sums import SourceSums, Sums
from loanfund.wording import text


def meaning_lines(meaning: Meaning, language: str) -> Iterator[str]:
    """Give a line for each sheet and source, then one for each span of lending beyond means."""
    for one in meaning.sums:
        yield from _of_source(one, language)
    for source, spans in meaning.shortfalls.items():
        for span in spans:
            yield _lacking(source, span, language)
    for left in meaning.surpluses:
        facts = {"number": left.number, "contract": left.contract, "amount": left.amount}
        yield text(f"workbook.surplus.{left.way.value}", language, **facts)


def _of_source(one: SourceSums, language: str) -> Iterator[str]:
    for kind in ("approved", "disbursed", "received"):
        sums: Sums | None = getattr(one, kind)
        if sums is not None:
            yield text(
                f"workbook.sums.{kind}",
                language,
                source=one.source,
                rows=sums.rows,
                amount=sums.amount,
                least=sums.amounts.least,
                greatest=sums.amounts.greatest,
                first=sums.days.least,
                last=sums.days.greatest,
            )
    if one.rates is not None and one.terms is not None:
        yield text(
            "workbook.sums.terms",
            language,
            source=one.source,
            least=one.rates.least,
            greatest=one.rates.greatest,
            shortest=one.terms.least,
            longest=one.terms.greatest,
        )


def _lacking(source: str, span: Shortfall, language: str) -> str:
    key = "workbook.lacks" if span.last is not None else "workbook.lacks_still"
    facts = {"source": source, "first": span.first, "last": span.last, "most": span.most}
    return text(key, language, **facts)
