"""Settings are read as a whole, and a production start refuses what is unsafe."""

from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest

from loanfund.config import KNOWN_SECRETS, Problem, Settings, documented
from loanfund.domain.errors import ConfigurationError
from loanfund.wording import LANGUAGES, explain

SECRET = "k3Zq-8vN1rT6_wXy0PbLmD4sGhJc2FaE"
PRODUCTION = {
    "LOANFUND_DATABASE_URL": "postgresql://loanfund_app:long-and-own@db/loanfund",
    "LOANFUND_SECRET_KEY": SECRET,
    "LOANFUND_BASE_URL": "https://quy.example.vn/",
}
DEMO = {
    "LOANFUND_DATABASE_URL": "sqlite:///loanfund.sqlite3",
    "LOANFUND_SECRET_KEY": "short",
    "LOANFUND_DEMO": "1",
}


def problems_of(environment: dict[str, str]) -> set[str]:
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment(environment)
    return {str(problem) for problem in refused.value.facts["problems"]}  # type: ignore[attr-defined]


def test_a_complete_production_environment_is_read() -> None:
    settings = Settings.from_environment(PRODUCTION)

    assert settings.base_url == "https://quy.example.vn"
    assert settings.trusted_hosts == ("quy.example.vn",)
    assert (settings.host, settings.port, settings.language) == ("127.0.0.1", 8000, "vi")
    assert not settings.demo


def test_a_demonstration_may_stand_still_and_needs_no_address() -> None:
    settings = Settings.from_environment(
        {**DEMO, "LOANFUND_TODAY": "2020-06-01", "LOANFUND_PORT": "8123"}
    )

    assert settings.today == date(2020, 6, 1)
    assert settings.base_url == "http://127.0.0.1:8123"


def test_everything_missing_or_wrong_is_named_at_once() -> None:
    wrong = {
        "LOANFUND_PORT": "70000",
        "LOANFUND_PROXY_COUNT": "-1",
        "LOANFUND_TODAY": "01/06/2020",
        "LOANFUND_LANGUAGE": "fr",
        "LOANFUND_DEMO": "yes",
        "LOANFUND_BASE_URL": "quy.example.vn",
        "LOANFUND_SMTP_HOST": "mail.example.vn",
        "LOANFUND_SECRETKEY": SECRET,
        "LOANFUND_TEST_ANYTHING": "is not the program's",
        "LOANFUND_ACTOR": "  ",
    }

    assert problems_of(wrong) == {
        "LOANFUND_SECRETKEY: unknown",
        "LOANFUND_PORT: malformed",
        "LOANFUND_PROXY_COUNT: malformed",
        "LOANFUND_TODAY: malformed",
        "LOANFUND_LANGUAGE: malformed",
        "LOANFUND_DEMO: malformed",
        "LOANFUND_BASE_URL: malformed",
        "LOANFUND_DATABASE_URL: missing",
        "LOANFUND_SECRET_KEY: missing",
        "LOANFUND_MAIL_SENDER: missing",
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"LOANFUND_SECRET_KEY": SECRET[:31]}, "LOANFUND_SECRET_KEY: short"),
        ({"LOANFUND_SECRET_KEY": "ab" * 20}, "LOANFUND_SECRET_KEY: known"),
        *(
            ({"LOANFUND_SECRET_KEY": known}, "LOANFUND_SECRET_KEY: known")
            for known in sorted(KNOWN_SECRETS)
        ),
        ({"LOANFUND_BASE_URL": "http://quy.example.vn"}, "LOANFUND_BASE_URL: not_https"),
        ({"LOANFUND_TODAY": "2020-06-01"}, "LOANFUND_TODAY: demo_only"),
        ({"LOANFUND_DEBUG": "1"}, "LOANFUND_DEBUG: demo_only"),
        ({"FLASK_DEBUG": "1"}, "LOANFUND_DEBUG: demo_only"),
        ({"LOANFUND_SMTP_SECURITY": "none"}, "LOANFUND_SMTP_SECURITY: demo_only"),
        (
            {"LOANFUND_DATABASE_URL": "postgresql://postgres:postgres@db/loanfund"},
            "LOANFUND_DATABASE_URL: default_password",
        ),
    ],
)
def test_a_production_start_refuses(change: dict[str, str], problem: str) -> None:
    assert problems_of({**PRODUCTION, **change}) == {problem}


@pytest.mark.parametrize(("mode", "refused"), [(0o604, True), (0o602, True), (0o640, False)])
def test_the_file_of_the_key_is_not_for_everybody(
    tmp_path: Path, mode: int, *, refused: bool
) -> None:
    key = tmp_path / "key"
    key.write_text(SECRET + "\n")
    key.chmod(mode)
    environment = {**PRODUCTION, "LOANFUND_SECRET_KEY_FILE": str(key)}
    del environment["LOANFUND_SECRET_KEY"]

    if refused:
        assert problems_of(environment) == {"LOANFUND_SECRET_KEY_FILE: open_to_others"}
    else:
        assert Settings.from_environment(environment).secret_key == SECRET


def test_a_key_file_that_is_not_there_is_one_problem() -> None:
    environment = {**DEMO, "LOANFUND_SECRET_KEY": "", "LOANFUND_SECRET_KEY_FILE": "/nowhere"}

    assert problems_of(environment) == {"LOANFUND_SECRET_KEY_FILE: unreadable"}


def test_settings_stand_still_and_keep_secrets_to_themselves() -> None:
    settings = Settings.from_environment({**PRODUCTION, "LOANFUND_SMTP_PASSWORD": "smtp-pass"})

    assert SECRET not in repr(settings)
    assert "smtp-pass" not in repr(settings)
    assert "long-and-own" not in repr(settings)
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_explains_each_setting_on_a_line(language: str) -> None:
    problem = Problem("LOANFUND_BASE_URL", "not_https")

    lines = explain(ConfigurationError("settings", problems=(problem,)), language).splitlines()

    assert len(lines) == 2
    assert lines[1].startswith("LOANFUND_BASE_URL: ")


def test_every_setting_says_what_it_means() -> None:
    assert all(meaning.endswith(".") for meaning in documented().values())
