"""Which of a test's twins the gate runs; the soak runs them all (docs/adr/0003).

Pages and jobs ask the databases through what is tested below them on both, and the layout of
every page is tried at every width by `test_pages_browser`: so a page or a job is tried on one
database, and what is clicked through at one width, drawn by the test's name.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from zlib import crc32

HERE = Path(__file__).parent
TWINS = (("sqlite", "postgresql"), ("1280", "390"))
DRAWN = (HERE / "web", HERE / "jobs")
WHOLE = {  # locks and kills, which each database knows of its own; and the layout itself
    "test_scheduler.py",
    "test_outbox.py",
    "test_runs.py",
    "test_pages_browser.py",
}


def is_drawn_away(path: Path, name: str, known: Collection[str]) -> bool:
    """Whether a test has a twin among the known ones that the gate runs in its place."""
    if path.name in WHOLE or not any(folder in path.parents for folder in DRAWN):
        return False
    for twins in TWINS:
        own = next((one for one in twins if f"[{one}" in name), None)
        if own is not None:
            names = [name.replace(f"[{own}", f"[{one}", 1) for one in twins]
            drawn = names[crc32(names[0].encode()) % len(names)]
            return drawn != name and drawn in known
    return False
