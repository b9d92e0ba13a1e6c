"""Both languages say the same things, and nothing is ever silently left out."""

import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog

from loanfund.domain.errors import ConflictError, NotFoundError
from loanfund.domain.money import Money
from loanfund.paths import TRANSLATIONS
from loanfund.wording import LANGUAGES, explain, text, texts

FILES = sorted(path.relative_to(TRANSLATIONS) for path in TRANSLATIONS.rglob("*.po"))


def texts_of(language: str) -> dict[str, str]:
    catalogue: Catalog = texts.merged(TRANSLATIONS / language)
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_noun_has_its_file_in_every_language() -> None:
    nouns = {path.name for path in FILES}

    assert nouns
    assert set(FILES) == {Path(language, noun) for language in LANGUAGES for noun in nouns}


def test_both_languages_have_the_same_keys() -> None:
    assert texts_of("vi").keys() == texts_of("en").keys()


# Files that may speak of what is to be collected: of a month, or in the accounts.
OF_A_MONTH = {"account.po", "collection_sheet.po", "dashboard.po", "report.po", "today.po"}


def test_what_a_loan_owes_to_the_day_has_one_word() -> None:
    """ "Phải thu" is the sheet's amount of the month; to the day a borrower "phải trả"."""
    others = [path for path in FILES if path.parts[0] == "vi" and path.name not in OF_A_MONTH]

    wrong = {
        (path.name, one)
        for path in others
        for one in re.findall(
            r"[^.;,\n]*(?<!còn )(?<!Còn )[Pp]hải thu\b[^.;,\n]*",
            (TRANSLATIONS / path).read_text(encoding="utf-8"),
        )
        if "còn phải thu" not in one.lower()
    }

    assert not wrong


def test_both_languages_fill_in_the_same_facts() -> None:
    english = texts_of("en")

    differing = {
        key
        for key, sentence in texts_of("vi").items()
        if placeholders(sentence) != placeholders(english[key])
    }

    assert not differing


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_are_named_plainly_and_texts_are_composed(language: str) -> None:
    for key, sentence in texts_of(language).items():
        assert sentence, key
        assert all(name.isidentifier() for name in placeholders(sentence)), key
        assert unicodedata.is_normalized("NFC", sentence), key


PLURAL = re.compile(r" (?:[a-z]+ ){0,2}[a-z]+s\b")
SINGULAR = re.compile(r" (?:of its|is|was|has|does|this|exists|lies|needs|owes|holds)\b")


def test_english_tells_one_from_many() -> None:
    """A number that some text counts with has its word for one and for many in all of them."""
    parts = {key: list(Formatter().parse(said)) for key, said in texts_of("en").items()}
    counts = {name for one in parts.values() for _, name, words, _ in one if words}

    bare = {
        key
        for key, one in parts.items()
        for (_, name, words, _), (after, *_) in pairwise([*one, ("", None, None, None)])
        if name in counts and not words and PLURAL.match(after) and not SINGULAR.match(after)
    }

    assert "count" in counts
    assert bare == set()


@pytest.mark.parametrize(("days", "said"), [(1, "1 day"), (0, "0 days"), (21, "21 days")])
def test_one_is_no_many(days: int, said: str) -> None:
    assert text("proposal.age", "en", days=days) == said
    assert text("proposal.age", "vi", days=days) == f"{days} ngày"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_says_each_key_once_in_order_and_nothing_is_fuzzy(path: Path) -> None:
    lines = (TRANSLATIONS / path).read_text().splitlines()
    keys = [line for line in lines if line.startswith("msgid ")]

    assert keys == sorted(set(keys))
    assert not [line for line in lines if line.startswith(("#, fuzzy", "#~"))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_text_is_said_aloud(language: str) -> None:
    with pytest.raises(KeyError, match=r"no text 'nobody\.wrote\.this'"):
        text("nobody.wrote.this", language)


def test_an_unknown_language_is_said_aloud() -> None:
    with pytest.raises(KeyError, match="no language 'fr'"):
        text("error.conflict.busy", "fr")


def test_facts_are_written_into_the_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / "till.po").write_text(
        'msgid "till.amount"\nmsgstr "Trong két có {amount}."\n'
    )
    monkeypatch.setattr(texts, "TRANSLATIONS", tmp_path)
    texts._translations.cache_clear()

    assert text("till.amount", "vi", amount=Money(5_000)) == "Trong két có 5.000\u00a0đ."
    with pytest.raises(KeyError, match="amount"):
        text("till.amount", "vi")
    texts._translations.cache_clear()


def test_two_files_may_not_say_the_same_key(tmp_path: Path) -> None:
    for name in ("one.po", "other.po"):
        (tmp_path / "vi").mkdir(exist_ok=True)
        (tmp_path / "vi" / name).write_text('msgid "a.key"\nmsgstr "x"\n')

    with pytest.raises(ValueError, match=r"other\.po repeats 'a\.key'"):
        texts.merged(tmp_path / "vi")


@pytest.mark.parametrize("fact", ["key", "language", "error"])
def test_a_fact_of_a_refusal_may_have_any_name(fact: str) -> None:
    """What a refusal says of itself never meets the names of what writes the sentence."""
    refusal = NotFoundError("setting", **{"key": "nosuch", fact: "nosuch"})

    assert explain(refusal, "vi") == "Không có thiết lập nosuch."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_explained_in_both_languages(language: str) -> None:
    assert explain(ConflictError("duplicate"), language) == text(
        "error.conflict.duplicate", language
    )
