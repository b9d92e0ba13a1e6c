"""The glossary names what the code names, and every word once."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| Vietnamese"))
]


def test_every_row_has_three_words() -> None:
    assert ROWS
    assert [row for row in ROWS if len(row) != 3] == []


def test_every_word_stands_once() -> None:
    for column in range(3):
        words = Counter(row[column] for row in ROWS)
        assert [word for word, count in words.items() if count > 1] == []


def test_every_name_is_one_of_the_code() -> None:
    sources = (ROOT / "loanfund").rglob("*.py")
    names = set(re.findall(r"\w+", " ".join(path.read_text("utf-8") for path in sources)))

    missing = [row[2] for row in ROWS if row[2].strip("`") not in names]

    assert missing == []
