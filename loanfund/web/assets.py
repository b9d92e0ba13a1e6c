"""Stylesheets and scripts under names that carry their hash, so that browsers keep them."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from loanfund.config import Settings
from loanfund.web import security

STATIC = Path(__file__).resolve().parent / "static"
PREFIX = "/static/"
_HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


def install(app: Flask, settings: Settings) -> None:
    """Serve the files in front of the application, with the headers of every response."""
    always = security.headers(settings)

    def add_headers(found: Headers, _path: str, _url: str) -> None:
        for name, value in always.items():
            found[name] = value

    def is_immutable(_path: str, url: str) -> bool:
        return bool(_HASHED.search(url))

    serve: Any = WhiteNoise(
        app.wsgi_app,
        immutable_file_test=is_immutable,
        add_headers_function=add_headers,
        allow_all_origins=False,
    )
    names = {}
    for path in sorted(STATIC.iterdir()):
        names[path.name] = PREFIX + _hashed(path)
        serve.add_file_to_dictionary(names[path.name], str(path))
    app.wsgi_app = serve  # type: ignore[method-assign]
    app.jinja_env.globals["asset"] = names.__getitem__


def _hashed(path: Path) -> str:
    """Give `loanfund.css` the name `loanfund.0123456789ab.css`."""
    return f"{path.stem}.{sha256(path.read_bytes()).hexdigest()[:12]}{path.suffix}"
