"""What the operator sets through the environment, read once at start and refused as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from stat import S_IROTH, S_IWOTH
from typing import Any
from urllib.parse import urlsplit

from loanfund.domain.errors import ConfigurationError

PREFIX = "LOANFUND_"
TEST_PREFIX = "LOANFUND_TEST_"  # read by the tests, never by the program
SHORTEST_SECRET = 32
FEWEST_DIFFERENT_CHARACTERS = 10
KNOWN_SECRETS = frozenset(
    {
        "at-least-32-characters-from-a-random-source",  # the example in docs/operations.md
        "0123456789abcdef0123456789abcdef",
        "change-me-change-me-change-me-change-me",
    }
)
DEFAULT_PASSWORDS = frozenset({"", "admin", "changeme", "loanfund", "password", "postgres"})
DATABASES = frozenset({"sqlite", "postgresql", "postgresql+psycopg"})
LANGUAGES = ("vi", "en")
SMTP_SECURITY = ("starttls", "tls", "none")
HIGHEST_PORT = 65_535
NEEDED_BY_ALL = frozenset({"LOANFUND_DATABASE_URL", "LOANFUND_TODAY"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason not to start: which setting, and the reason's code for `wording`."""

    setting: str
    reason: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}"


def _switch(text: str) -> bool:
    """Read 1 or 0; a typing error must not switch anything on."""
    return {"1": True, "0": False}[text]


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number <= HIGHEST_PORT:
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _database(text: str) -> str:
    """Take an address of one of the two databases."""
    parts = urlsplit(text)
    if parts.scheme not in DATABASES or "://" not in text or (parts.port or 0) < 0:
        raise ValueError(text)
    return text


def _address(text: str) -> str:
    """Read an absolute http(s) address, without the slash at its end."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(text)
    return text.rstrip("/")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return read


def _setting(
    meaning: str, *, read: Callable[[str], Any] = str, default: Any = None, secret: bool = False
) -> Any:
    """Declare a setting: how to read it, and what stands in docs/operations.md about it."""
    return field(default=default, repr=not secret, metadata={"meaning": meaning, "read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the operator decides; a field `port` is the variable LOANFUND_PORT."""

    database_url: str = _setting(
        "Database, as SQLAlchemy writes addresses; required.",
        read=_database,
        default="",
        secret=True,
    )
    secret_key: str = _setting(
        "Signs sessions and links, at least 32 random characters; required, here or as a file.",
        default="",
        secret=True,
    )
    secret_key_file: Path | None = _setting(  # noqa: RUF009 -- gives a dataclass field
        "File holding the secret key, readable by the service's user only.", read=Path
    )
    secret_key_fallbacks: tuple[str, ...] = _setting(
        "Former secret keys, comma between them, still accepted after a change of key.",
        read=_names,
        default=(),
        secret=True,
    )
    base_url: str = _setting(
        "Address at which people reach the program, https except in a demonstration.",
        read=_address,
        default="",
    )
    demo: bool = _setting(
        "1: a demonstration, which allows LOANFUND_TODAY, plain http and demo users.",
        read=_switch,
        default=False,
    )
    today: date | None = _setting(  # noqa: RUF009 -- gives a dataclass field
        "Business date that stands still (yyyy-mm-dd); demonstration only.",
        read=date.fromisoformat,
    )
    second_factor: bool = _setting(
        "1: administrators, managers and accountants sign in with a second factor; 0 for a"
        " demonstration only, where it is the default.",
        read=_switch,
        default=True,
    )
    debug: bool = _setting(
        "1: Flask's debugger; demonstration only.", read=_switch, default=False
    )
    host: str = _setting("Network address `loanfund web` listens on.", default="127.0.0.1")
    port: int = _setting("Port `loanfund web` listens on.", read=_port, default=8000)
    proxy_count: int = _setting(
        "How many proxies stand in front and add to X-Forwarded-For.", read=_count, default=0
    )
    trusted_hosts: tuple[str, ...] = _setting(
        "Host names answered to, comma between them; else that of LOANFUND_BASE_URL.",
        read=_names,
        default=(),
    )
    actor: str = _setting("E-mail of the user as whom commands act; else `cli`.", default="")
    language: str = _setting(
        "Language where nobody has chosen one: vi or en.",
        read=_one_of(*LANGUAGES),
        default="vi",
    )
    smtp_host: str = _setting("Mail server; without one no mail is sent.", default="")
    smtp_port: int = _setting("Port of the mail server.", read=_port, default=587)
    smtp_user: str = _setting("User at the mail server.", default="")
    smtp_password: str = _setting("Password at the mail server.", default="", secret=True)
    smtp_security: str = _setting(
        "starttls, tls, or none (demonstration only).",
        read=_one_of(*SMTP_SECURITY),
        default="starttls",
    )
    mail_sender: str = _setting("Sender of mails, e.g. quy@example.vn.", default="")

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], *, serves: bool = True
    ) -> Settings:
        """Read all settings; ConfigurationError names every missing or wrong one at once.

        A command that serves nobody needs the database only, and no secret.
        """
        problems = [Problem(name, "unknown") for name in _unknown(environment)]
        values = dict(_read(environment, problems))
        settings = cls(**_completed(values, problems))
        found = _missing(settings, {problem.setting for problem in problems})
        if not settings.demo:
            found += _refusals(settings, environment)
        problems += [one for one in found if serves or one.setting in NEEDED_BY_ALL]
        if problems:
            raise ConfigurationError("settings", problems=tuple(problems))
        return settings


def variable(name: str) -> str:
    """Give the environment variable of a field."""
    return PREFIX + name.upper()


def documented() -> dict[str, str]:
    """Give every environment variable with what it means, as docs/operations.md lists them."""
    return {variable(item.name): item.metadata["meaning"] for item in fields(Settings)}


def _unknown(environment: Mapping[str, str]) -> list[str]:
    """Give our variables that no setting has: a typing error would else pass in silence."""
    ours = {name for name in environment if name.startswith(PREFIX)}
    tests = {name for name in ours if name.startswith(TEST_PREFIX)}
    return sorted(ours - tests - documented().keys())


def _read(environment: Mapping[str, str], problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    """Give what is set and readable; an empty variable counts as not set."""
    for item in fields(Settings):
        text = environment.get(variable(item.name), "").strip()
        if not text:
            continue
        try:
            yield item.name, item.metadata["read"](text)
        except (ValueError, KeyError):
            problems.append(Problem(variable(item.name), "malformed"))


def _completed(values: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Fill in what follows from other settings: key from its file, address, hosts."""
    key_file = values.get("secret_key_file")
    if key_file and not values.get("secret_key"):
        try:
            values["secret_key"] = key_file.read_text().strip()
        except (OSError, UnicodeDecodeError):
            problems.append(Problem(variable("secret_key_file"), "unreadable"))
    if values.get("demo"):
        values.setdefault("second_factor", False)
        values.setdefault("base_url", f"http://127.0.0.1:{values.get('port', 8000)}")
    if "base_url" in values:
        values.setdefault("trusted_hosts", (urlsplit(values["base_url"]).hostname,))
    return values


def _missing(settings: Settings, known: set[str]) -> list[Problem]:
    """Give what must be set and is not, unless a problem with it is already known."""
    names = [name for name in ("database_url", "base_url") if not getattr(settings, name)]
    if not settings.secret_key and variable("secret_key_file") not in known:
        names.append("secret_key")
    if settings.smtp_host and not settings.mail_sender:
        names.append("mail_sender")
    return [Problem(variable(name), "missing") for name in names if variable(name) not in known]


def _refusals(settings: Settings, environment: Mapping[str, str]) -> list[Problem]:
    """Give what a production start refuses; db.refusals_of_database adds to it."""
    password = urlsplit(settings.database_url).password
    checks = {
        ("secret_key", "short"): 0 < len(settings.secret_key) < SHORTEST_SECRET,
        ("secret_key", "known"): _is_known(settings.secret_key),
        ("secret_key_file", "open_to_others"): _is_open_to_others(settings.secret_key_file),
        ("base_url", "not_https"): settings.base_url.startswith("http:"),
        ("today", "demo_only"): settings.today is not None,
        ("second_factor", "demo_only"): not settings.second_factor,
        ("debug", "demo_only"): settings.debug or environment.get("FLASK_DEBUG", "0") != "0",
        ("smtp_security", "demo_only"): settings.smtp_security == "none",
        ("database_url", "default_password"): password in DEFAULT_PASSWORDS,
    }
    return [
        Problem(variable(name), reason) for (name, reason), holds in checks.items() if holds
    ]


def _is_known(secret: str) -> bool:
    """Say whether the key is an example or no random text at all."""
    enough = len(set(secret)) >= FEWEST_DIFFERENT_CHARACTERS
    return len(secret) >= SHORTEST_SECRET and (secret.lower() in KNOWN_SECRETS or not enough)


def _is_open_to_others(path: Path | None) -> bool:
    """Say whether any user of the machine may read or write the file."""
    if path is None or os.name != "posix" or not path.exists():
        return False
    return bool(path.stat().st_mode & (S_IROTH | S_IWOTH))
