"""The calculation rules once more, naive and day by day, to check the fast fold against.

Nothing here is shared with the program. Every day from the first disbursement is walked, every
day's interest is added for that day alone, and figures are recomputed from plain lists. Section
numbers in comments are those of docs/rules.md, section 15 says how unclear places are read.
"""

from tests.oracle.simulation import simulate

__all__ = ["simulate"]
