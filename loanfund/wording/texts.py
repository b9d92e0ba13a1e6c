"""The catalogues: one gettext file a noun and language, merged when first asked."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from loanfund.domain.errors import LoanFundError, RowsRefusedError
from loanfund.paths import TRANSLATIONS
from loanfund.wording.figures import shown

LANGUAGES = ("vi", "en")


class _NoText(NullTranslations):
    """What answers for a key that stands in no file: a programmer's mistake, said aloud."""

    def gettext(self, message: str) -> str:
        raise KeyError(f"no text {message!r}")


def text(key: str, language: str, /, **facts: object) -> str:
    """Give the text of a key with its `{facts}` filled in; KeyError when either is missing.

    A fact may have any name, `key` and `language` too.

    Where a language tells one from many, a text says both: `{count:loan|loans}`.
    """
    sentence = _translations(language).gettext(key)
    return sentence.format_map({name: _Fact(shown(fact)) for name, fact in facts.items()})


class _Fact(str):
    """A fact as it stands in a sentence, with the word for one or for many after a number."""

    __slots__ = ()

    def __format__(self, words: str) -> str:
        if not words:
            return str(self)
        one, many = words.split("|")
        return f"{self} {one if self == '1' else many}"


def explain(error: LoanFundError, language: str) -> str:
    """Give the sentence for a refusal, one line more for each of its problems or rows."""
    facts = dict(error.facts)
    problems = facts.pop("problems", ())
    later = facts.pop("later", None)
    kind, day = facts.pop("later_type", None), facts.pop("later_day", None)
    if "event_type" in facts:
        facts["event"] = _event_said(facts, language)
    lines = [text(error.key, language, **facts)]
    if later is not None:
        what = text(f"event.{kind}", language)
        lines.append(text("refusal.later", language, what=what, day=day))
    for problem in problems if isinstance(problems, tuple) else ():
        reason = text(f"{error.key}.{problem.reason}", language)
        lines.append(f"{problem.setting}: {reason}")
    for row in error.rows if isinstance(error, RowsRefusedError) else ():
        reason = explain(row.error, language)
        lines.append(text("refusal.row", language, row=row.place, name=row.name, why=reason))
    return "\n".join(lines)


def _event_said(facts: dict[str, object], language: str) -> str:
    """Name the event that facts speak of: by its voucher, else by kind and day."""
    what = text(f"event.{facts['event_type']}", language)
    of_day = text("event.of_day", language, what=what, day=facts["event_day"])
    return str(facts["number"] or of_day)


@cache
def _translations(language: str) -> NullTranslations:
    """Compile a language in memory; nothing compiled lies about that could be out of date."""
    if language not in LANGUAGES:
        raise KeyError(f"no language {language!r}")
    compiled = BytesIO()
    write_mo(compiled, merged(TRANSLATIONS / language))
    compiled.seek(0)
    translations = Translations(compiled)
    translations.add_fallback(_NoText())
    return translations


def merged(folder: Path) -> Catalog:
    """Read every noun's file of a language into one catalogue; a key may stand in one only."""
    everything = Catalog(locale=folder.name)
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=folder.name, abort_invalid=True):
                if message.id and message.id in everything:
                    raise ValueError(f"{path.name} repeats {message.id!r}")
                if message.id:
                    everything.add(message.id, message.string)
    return everything
