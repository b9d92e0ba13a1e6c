"""Every Vietnamese letter is in every face, and each face is a font of its own."""

import unicodedata
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from loanfund.documents import fonts

TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # huyền, hỏi, ngã, sắc, nặng
VOWELS = "aăâeêioôơuưy"
LETTERS = [
    unicodedata.normalize("NFC", vowel + tone)
    for vowel in VOWELS + VOWELS.upper()
    for tone in TONES
] + ["đ", "Đ"]
ACCENTED = [letter for letter in LETTERS if not letter.isascii()]
PUNCTUATION = "0123456789 .,;:/()%&–—−…“”‘’«»•×≈₫+="


@pytest.fixture(autouse=True)
def _registered() -> None:
    fonts.register()


def test_there_are_134_accented_letters() -> None:
    assert len(ACCENTED) == len(set(ACCENTED)) == 134
    assert {"đ", "Đ", "ặ", "Ỹ", "Ở"} < set(ACCENTED)


@pytest.mark.parametrize("name", fonts.FACES)
def test_every_vietnamese_letter_is_in_every_face(name: str) -> None:
    glyphs = pdfmetrics.getFont(name).face.charToGlyph  # type: ignore[attr-defined]

    assert not [letter for letter in LETTERS if not glyphs.get(ord(letter))]
    if name in fonts.STATIC:
        assert not [sign for sign in PUNCTUATION if not glyphs.get(ord(sign))]


@pytest.mark.parametrize("name", fonts.STATIC)
def test_figures_of_tables_are_tabular(name: str) -> None:
    widths = {pdfmetrics.stringWidth(digit, name, 100) for digit in "0123456789"}

    assert len(widths) == 1


def test_every_face_is_a_font_of_its_own_in_the_pdf() -> None:
    written = BytesIO()
    canvas = Canvas(written, invariant=1)
    for place, name in enumerate(fonts.FACES):
        canvas.setFont(name, 12)
        canvas.drawString(50, 50 + 20 * place, "".join(ACCENTED[:70]))
        canvas.drawString(50, 300 + 20 * place, "".join(ACCENTED[70:]))
    canvas.save()

    page = PdfReader(written).pages[0]
    drawn = [font.get_object()["/BaseFont"] for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    embedded = {name.partition("+")[2] for name in drawn if "+" in name}

    assert len(embedded) == len(fonts.FACES), sorted(drawn)
    text = page.extract_text()
    for half in ("".join(ACCENTED[:70]), "".join(ACCENTED[70:])):
        assert text.count(half) == len(fonts.FACES)


def test_bold_is_wider_than_regular() -> None:
    sample = "Hợp tác xã Nông nghiệp"

    for regular, bold in ((fonts.SERIF, fonts.SERIF_BOLD), (fonts.SANS, fonts.SANS_BOLD)):
        assert pdfmetrics.stringWidth(sample, bold, 10) > pdfmetrics.stringWidth(
            sample, regular, 10
        )


@pytest.mark.slow
def test_a_face_is_made_the_same_every_time() -> None:
    made = fonts.instance(fonts.SERIF_BOLD)

    assert made == fonts.instance(fonts.SERIF_BOLD)
    names = TTFont(BytesIO(made))["name"]
    assert names.getDebugName(6) == "NotoSerif-Bold"


@pytest.mark.slow
def test_faces_are_kept_for_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    first = fonts._made(fonts.SERIF).getvalue()
    (kept,) = tmp_path.rglob("*.ttf")

    assert kept.read_bytes() == first == fonts._made(fonts.SERIF).getvalue()
    assert kept.parent.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_without_a_cache_a_face_is_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert fonts._made(fonts.SERIF).getvalue() == fonts.instance(fonts.SERIF)
