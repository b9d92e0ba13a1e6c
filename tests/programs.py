"""Programs of the system that some tests need; `scripts/setup` installs them."""

from __future__ import annotations

import os
import shutil

import pytest


def program(*names: str, package: str) -> str:
    """Give where the first of these is; without one a test fails in CI, elsewhere it skips."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        advice = f"no {names[0]}: apt-get install -y --no-install-recommends {package}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(advice)
    return found
