"""Which of a test's twins the gate runs; the soak runs them all (docs/adr/0003).

Pages, jobs and services ask the databases through store and queries, of which each has several
tests, and the layout of every page is tried at every width by `test_pages_browser`: so each of
these tests is run on one database, and what is clicked through at one width, drawn by the
test's name. What is about locks, commits and a database's own refusals runs on both, and so
does the store.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from zlib import crc32

import pytest

HERE = Path(__file__).parent
TWINS = (("sqlite", "postgresql"), ("1280", "390"))
DRAWN = tuple(HERE / name for name in ("web", "jobs", "services", "queries"))
OWN = {"own_database", "own_engine", "own_book_2020"}  # where a service's commits are real
WHOLE = {  # locks and kills; and the layout itself
    "test_scheduler.py",
    "test_outbox_killed.py",
    "test_runs.py",
    "test_pages_browser.py",
    # What each database refuses by itself, and its owner can lift.
    "test_verify.py",
    "test_verify_recorded.py",
    "test_verify_told.py",
}


def is_drawn_away(item: pytest.Function, known: Collection[str]) -> bool:
    """Whether a test has a twin among the known ones that the gate runs in its place."""
    path, name = item.path, item.nodeid
    if path.name in WHOLE or not any(folder in path.parents for folder in DRAWN):
        return False
    if path.parent == HERE / "services" and OWN.intersection(item.fixturenames):
        return False
    for twins in TWINS:
        own = next((one for one in twins if f"[{one}" in name), None)
        if own is not None:
            names = [name.replace(f"[{own}", f"[{one}", 1) for one in twins]
            drawn = names[crc32(names[0].encode()) % len(names)]
            return drawn != name and drawn in known
    return False
