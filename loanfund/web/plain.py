"""A page of a title and a sentence, for who is refused before any page is asked."""

from __future__ import annotations

PLAIN = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
    "<h1>{title}</h1><p>{said}</p></html>"
)


def plain_page(language: str, title: str, said: str) -> str:
    """Give the page; title and sentence are escaped already."""
    return PLAIN.format(language=language, title=title, said=said)
