"""Where templates, migrations and translations lie: in the package, else beside it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    """Find a folder that the wheel carries inside the package and a checkout beside it."""
    for place in (PACKAGE / name, PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"neither in {PACKAGE} nor beside it: {name}")


TEMPLATES = _folder("templates")
MIGRATIONS = _folder("migrations")
TRANSLATIONS = _folder("translations")
DEMO_BOOK = PACKAGE / "demo" / "bacgiang-2020.xlsx"
