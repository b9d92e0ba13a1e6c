"""Functions of (sessions, today) and the schedule on which they run."""
