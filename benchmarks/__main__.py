"""`scripts/bench [NAME …]`: run the named measurements, or all of them."""

import sys

from benchmarks import fold

MEASUREMENTS = {"fold": fold.main}


def main(names: list[str]) -> None:
    """Run what is named; nothing named is everything."""
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        sys.exit(f"no such measurement: {', '.join(sorted(unknown))}")
    for name in names or MEASUREMENTS:
        MEASUREMENTS[name]()


main(sys.argv[1:])
