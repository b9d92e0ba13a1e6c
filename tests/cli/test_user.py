"""`loanfund user`: people are added, given passwords, disabled and listed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import run

EMAIL = "lan@example.vn"
PASSWORD = "cây đa bến nước sân đình\n"


def test_a_person_is_added_with_a_password_from_standard_input(empty: Path) -> None:
    result = run(
        empty, "user", "add", EMAIL, "--role", "officer", "--password-stdin", text=PASSWORD
    )

    assert (result.exit_code, result.stdout) == (0, "")
    listed = run(empty, "user", "list").stdout.split()
    assert listed[:3] == [EMAIL, "officer", "active"]


def test_without_a_password_a_link_is_printed(empty: Path) -> None:
    result = run(empty, "user", "add", EMAIL, "--role", "manager")

    assert result.stdout.startswith("http://127.0.0.1:8000/")


def test_a_weak_password_is_refused(empty: Path) -> None:
    result = run(
        empty, "user", "add", EMAIL, "--role", "officer", "--password-stdin", text="123\n"
    )

    assert result.exit_code == 2
    assert result.stderr


def test_a_person_is_disabled_and_enabled_again(empty: Path) -> None:
    run(empty, "user", "add", EMAIL, "--role", "officer")

    run(empty, "user", "disable", EMAIL, "--reason", "nghỉ việc")
    disabled = run(empty, "user", "list").stdout
    run(empty, "user", "enable", EMAIL)

    assert "disabled" in disabled
    assert "disabled" not in run(empty, "user", "list").stdout


def test_an_unknown_role_is_refused(empty: Path) -> None:
    assert run(empty, "user", "add", EMAIL, "--role", "king").exit_code == 2


def test_a_fresh_book_has_no_users(empty: Path) -> None:
    assert run(empty, "user", "list").stdout == ""


def test_another_password_of_staff_is_proposed_while_somebody_can_approve_it(
    empty: Path,
) -> None:
    manager = ("user", "add", "sep@example.vn", "--role", "manager", "--password-stdin")
    assert run(empty, *manager, text=PASSWORD).exit_code == 0
    added = run(
        empty, "user", "add", EMAIL, "--role", "officer", "--password-stdin", text=PASSWORD
    )
    assert "approves nothing until a manager has confirmed it" in added.stderr

    asked = run(empty, "user", "passwd", EMAIL)
    again = run(empty, "user", "passwd", EMAIL)
    rescued = run(empty, "user", "passwd", "sep@example.vn")  # nobody else could approve it

    assert asked.exit_code == 0
    assert "proposal #1 waits for a manager" in asked.stdout
    assert "/password/" not in asked.stdout + again.stdout
    assert again.exit_code == 2
    assert rescued.stdout.startswith("http://127.0.0.1:8000/password/")
