"""`scripts/bench [NAME …]`: run these measurements, or all; exit 1 where one is missed."""

import sys

from benchmarks import fold, large

MEASUREMENTS = {"fold": fold.measure, "large": large.measure}


def main(names: list[str]) -> None:
    """Run what is named; nothing named is everything."""
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        sys.exit(f"no such measurement: {', '.join(sorted(unknown))}")
    missed = 0
    for name in names or MEASUREMENTS:
        for ratio in MEASUREMENTS[name]():
            print(ratio, flush=True)
            missed += not ratio.holds
    sys.exit(bool(missed))


main(sys.argv[1:])
