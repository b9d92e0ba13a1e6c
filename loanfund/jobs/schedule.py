"""What each job does; when it does it is planned in `domain.job`."""

from __future__ import annotations

from loanfund.jobs.classification import classification
from loanfund.jobs.holidays import holidays
from loanfund.jobs.interest import interest
from loanfund.jobs.reminders import reminders
from loanfund.jobs.running import Job
from loanfund.jobs.statements import statements
from loanfund.jobs.verify import verify

SCHEDULE: dict[str, Job] = {
    "interest": interest,
    "verify": verify,
    "classification": classification,
    "statements": statements,
    "holidays": holidays,
    "reminders": reminders,
}
