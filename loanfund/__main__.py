"""`python -m loanfund` and the `loanfund` command."""

from __future__ import annotations

from loanfund.cli import main

if __name__ == "__main__":
    main()
