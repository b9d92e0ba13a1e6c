"""What a refused case says."""


class Refused(Exception):  # noqa: N818 - a refusal, as the rules call it
    """The rules forbid the case; `event` is the id of the event that cannot stand."""

    def __init__(self, code: str, event: str | None = None) -> None:
        super().__init__(code, event)
        self.code = code
        self.event = event
