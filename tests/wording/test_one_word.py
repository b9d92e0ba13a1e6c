"""One word per idea in every text that people read; docs/glossary.md is the referee."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from loanfund.paths import TRANSLATIONS
from loanfund.wording import texts

ROOT = Path(__file__).parents[2]
# What a text may not say, and the word of the glossary that it should.
OTHER_WORDS = {
    "vi": [
        (r"(?<!vi )phạt", "lãi quá hạn, lãi chậm trả"),
        (r"(thu|nộp|trả|tiền dư) thừa", "tiền thừa"),
        (r"lãi trễ hạn|lãi trả chậm|lãi chậm nộp", "lãi chậm trả"),
        (r"lãi quá kỳ|lãi trên nợ quá hạn", "lãi quá hạn"),
        (r"sự kiện số|việc số|(?<!nghị )#\{", "số phiếu, hoặc việc gì và ngày nào"),
    ],
    "en": [
        (r"\bpenalt", "overdue interest, late interest"),
        (r"\bfines?\b", "overdue interest, late interest"),
        (r"(?<!--)surplus|overpa(id|yment)", "credit"),
        (r"delinquency interest|default interest", "overdue interest"),
        (
            r"event (no\.|number)|(?<!proposal )#\{",
            "the voucher's number, or what it was and when",
        ),
    ],
}
# The account of the books that the rules name so (§13).
NAMED_BY_THE_RULES = {"account.borrower_credit"}


def texts_of(language: str) -> dict[str, str]:
    catalogue: Catalog = texts.merged(TRANSLATIONS / language)
    return {str(one.id): str(one.string) for one in catalogue if one.id}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_text_uses_the_words_of_the_glossary(language: str) -> None:
    wrong = [
        f"{key}: {sentence!r}; say: {word}"
        for key, sentence in texts_of(language).items()
        for pattern, word in OTHER_WORDS[language]
        if key not in NAMED_BY_THE_RULES and re.search(pattern, sentence, re.IGNORECASE)
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_user_guide_uses_them_too(language: str) -> None:
    guide = (ROOT / "docs" / "user-guide" / f"{language}.md").read_text()
    wrong = [
        f"{found[0]!r}; say: {word}"
        for pattern, word in OTHER_WORDS[language]
        for found in re.finditer(pattern, guide, re.IGNORECASE)
    ]

    assert not wrong, "\n".join(wrong)


def test_nothing_is_named_by_the_number_of_its_row() -> None:
    """People know a receipt by its number, anything else by what it was and when."""
    wrong = [
        f"{path.name}:{number}"
        for folder, ending in (("loanfund", "*.py"), ("templates", "*.html"))
        for path in sorted((ROOT / folder).rglob(ending))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"#\{[a-z\[]|>#\{\{", line)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_loan_has_one_word_for_each_state(language: str) -> None:
    """Lists, search, pages, reports and the portal take it from the same place."""
    known = texts_of(language)
    states = [sentence for key, sentence in known.items() if key.startswith("loan_state.")]

    assert len(states) == len(set(states)) == 10
    assert not [
        key for key in known if re.match(r"(loan_page|portal|search)\.sta(te|tus)\.", key)
    ]
    lists = {key for key in known if key.startswith("loan_list.status.")}
    assert lists == {"loan_list.status.all", "loan_list.status.current"}
