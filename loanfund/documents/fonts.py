"""The faces of our papers: Noto Serif for text, Roboto for tables and figures."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as Face

SERIF, SERIF_BOLD = "NotoSerif", "NotoSerif-Bold"
SERIF_ITALIC, SERIF_BOLD_ITALIC = "NotoSerif-Italic", "NotoSerif-BoldItalic"
SANS, SANS_BOLD = "Roboto", "Roboto-Bold"
SANS_ITALIC, SANS_BOLD_ITALIC = "Roboto-Italic", "Roboto-BoldItalic"
SANS_MEDIUM = "Roboto-Medium"

REGULAR, BOLD = 400, 700
UPRIGHT, ITALIC = "NotoSerif[wdth,wght].ttf", "NotoSerif-Italic[wdth,wght].ttf"
VARIABLE = {
    SERIF: (UPRIGHT, REGULAR),
    SERIF_BOLD: (UPRIGHT, BOLD),
    SERIF_ITALIC: (ITALIC, REGULAR),
    SERIF_BOLD_ITALIC: (ITALIC, BOLD),
}
STATIC = {
    SANS: "Roboto-Regular.ttf",
    SANS_BOLD: "Roboto-Bold.ttf",
    SANS_ITALIC: "Roboto-Italic.ttf",
    SANS_BOLD_ITALIC: "Roboto-BoldItalic.ttf",
    SANS_MEDIUM: "Roboto-Medium.ttf",
}
FACES = (*VARIABLE, *STATIC)

# Latin with all of Vietnamese, combining marks, punctuation, currencies, mathematics.
KEPT = (
    (0x20, 0x250),
    (0x300, 0x330),
    (0x1E00, 0x1F00),
    (0x2000, 0x2070),
    (0x20A0, 0x2300),
    (0xFFFD, 0xFFFE),
)
LAYOUT_TABLES = ("GDEF", "GPOS", "GSUB", "MVAR")  # of no use to a PDF of placed glyphs
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
RECIPE = "2"  # change it with the way faces are made


@cache
def register() -> None:
    """Make the faces known to ReportLab, once a process; the serif is made on the first use."""
    for name in VARIABLE:
        pdfmetrics.registerFont(Face(name, _made(name)))
    for name, file in STATIC.items():
        pdfmetrics.registerFont(Face(name, str(files("font_roboto") / "files" / file)))
    pdfmetrics.registerFontFamily(SERIF, SERIF, SERIF_BOLD, SERIF_ITALIC, SERIF_BOLD_ITALIC)
    pdfmetrics.registerFontFamily(SANS, SANS, SANS_BOLD, SANS_ITALIC, SANS_BOLD_ITALIC)


def drawable(text: str) -> str:
    """Give the text with U+FFFD for what not every face can draw, never an empty box."""
    known = _known()
    return "".join(one if one in known else UNKNOWN for one in text)


@cache
def _known() -> frozenset[str]:
    """Give the letters that stand in every face."""
    register()
    maps = [pdfmetrics.getFont(name).face.charToGlyph for name in FACES]  # type: ignore[attr-defined]
    return frozenset(chr(code) for code in set.intersection(*(set(one) for one in maps)))


def _made(name: str) -> BytesIO:
    """Give a face of the serif, from the cache where that can be read and else made now."""
    path = cache_folder() / f"{name}.ttf"
    try:
        return BytesIO(path.read_bytes())
    except OSError:
        made = instance(name)
    with suppress(OSError):
        _write(path, made)
    return BytesIO(made)


def instance(name: str) -> bytes:
    """Make one static face of the variable serif; the same bytes every time.

    It gets names of its own, or a PDF would silently draw bold as regular, and is saved and
    read again after the subsetting, which leaves tables that cannot be subset a second time.
    """
    file, weight = VARIABLE[name]
    font = TTFont(str(files("fontpkg_noto_serif") / "files" / file), recalcTimestamp=False)
    for table in LAYOUT_TABLES:
        if table in font:
            del font[table]
    options = Options(hinting=False, notdef_outline=True, name_IDs=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for start, end in KEPT for code in range(start, end)])
    subsetter.subset(font)
    again = TTFont(BytesIO(_saved(font)), recalcTimestamp=False)
    axes = {"wght": weight, "wdth": 100}
    return _saved(instantiateVariableFont(again, axes, updateFontNames=True))


def _saved(font: TTFont) -> bytes:
    written = BytesIO()
    font.save(written)
    return written.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all; two processes may make the same face at once."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(content)
    Path(part.name).replace(path)


def cache_folder() -> Path:
    """Give this user's folder for the faces made with these versions."""
    made_of = "-".join([version("fontpkg-noto-serif"), version("fonttools"), RECIPE])
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(cache_home) / "loanfund" / f"fonts-{made_of}"
