"""What we ship is complete: it runs from a wheel, in a clean environment, elsewhere."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from loanfund.domain.permission import Role

ROOT = Path(__file__).resolve().parents[1]
MAPPED = ("migrations", "templates", "translations")
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)

# Run in the clean environment: the folders are the package's own and of use.
USE = """
from loanfund import migrate, paths, wording
from loanfund.db import make_engine

for folder in (paths.MIGRATIONS, paths.TEMPLATES, paths.TRANSLATIONS):
    assert folder.parent == paths.PACKAGE, folder
engine = make_engine("sqlite:///book.sqlite3")
migrate.upgrade(engine)
assert migrate.differences(engine) == []
assert wording.text("error.conflict.busy", "vi")
"""


def listed_packages() -> set[str]:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return set(setup["options"]["packages"].split())


def test_every_package_on_disk_is_listed() -> None:
    found = {path.parent for path in (ROOT / "loanfund").rglob("__init__.py")}
    names = {".".join(path.relative_to(ROOT).parts) for path in found}

    assert listed_packages() == names | {f"loanfund.{name}" for name in MAPPED}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_name_versions_and_hashes_and_no_address(name: str) -> None:
    written = (ROOT / name).read_text()

    assert "://" not in written
    assert not re.findall(r"^(?:-i|--(?!hash)).*", written, re.MULTILINE)
    for requirement in re.split(r"\n(?=\S)", written.strip()):
        assert PINNED.match(requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_the_program_is_tested_with_the_versions_it_runs_with() -> None:
    runtime, tested = (dict(PINNED.findall((ROOT / name).read_text())) for name in REQUIREMENTS)

    assert runtime.items() <= tested.items()


def run(
    *command: str | Path, cwd: Path = ROOT, settings: Mapping[str, str] | None = None
) -> str:
    """Run a command and give what it said; show all of it when it fails."""
    environment = {**os.environ, **(settings or {})}
    done = subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of what the checkout holds, built aside so that no old build/ gets into it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("loanfund", *MAPPED):
        shutil.copytree(ROOT / folder, source / folder, ignore=unwanted)
    for file in ("README.md", "pyproject.toml", "setup.cfg"):
        shutil.copy(ROOT / file, source)
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation")
    run(*build, "--outdir", target, source)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin/ of a clean environment that holds the wheel and what it requires."""
    programs = tmp_path_factory.mktemp("clean") / "venv" / "bin"
    run(sys.executable, "-m", "venv", "--without-pip", programs.parent)
    uv = Path(sys.executable).with_name("uv")
    install: tuple[str | Path, ...] = (uv, "pip", "install", "--python", programs / "python")
    if not uv.exists():
        install = (sys.executable, "-m", "pip", "--python", programs / "python", "install")
    run(*install, "-q", "--require-hashes", "-r", ROOT / "requirements.txt")
    run(*install, "-q", "--no-deps", wheel)
    return programs


@pytest.mark.slow
def test_the_wheel_works_elsewhere(programs: Path, tmp_path: Path) -> None:
    run(programs / "python", "-I", "-W", "error", "-c", USE, cwd=tmp_path)


@pytest.mark.slow
def test_the_installed_command_says_what_it_can(programs: Path, tmp_path: Path) -> None:
    assert "Usage: loanfund" in run(programs / "loanfund", "--help", cwd=tmp_path)


@pytest.mark.slow
def test_the_wheel_migrates_imports_and_serves(programs: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "LOANFUND_DEMO": "1",
        "LOANFUND_TODAY": "2020-06-01",
        "LOANFUND_DATABASE_URL": f"sqlite:///{tmp_path}/book.sqlite3",
        "LOANFUND_SECRET_KEY": secrets.token_urlsafe(48),
        "LOANFUND_PORT": str(port),
    }
    command = programs / "loanfund"

    run(command, "db", "upgrade", cwd=tmp_path, settings=settings)
    users = run(command, "demo", cwd=tmp_path, settings=settings)
    told = run(
        command, "portfolio", "--as-of", "2020-05-31", "--json", cwd=tmp_path, settings=settings
    )
    page = served(command, port, tmp_path, settings)

    for role in Role:
        assert (f"{role}@demo.example" in users) is (role is not Role.CLI)
    assert json.loads(told)["sources"][0]["outstanding"] == 13_300_000_000
    assert "<form" in page


def served(command: Path, port: int, folder: Path, settings: dict[str, str]) -> str:
    """Start the server, give its sign-in page as soon as it answers, and stop it."""
    server = subprocess.Popen((command, "web"), cwd=folder, env={**os.environ, **settings})
    try:
        while server.poll() is None:
            with contextlib.suppress(URLError):
                return fetched(f"http://127.0.0.1:{port}/sign-in")
    finally:
        server.terminate()
        server.wait()
    raise AssertionError("the server stopped before it answered")


def fetched(address: str) -> str:
    with urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
        return str(answer.read(), "utf-8")
