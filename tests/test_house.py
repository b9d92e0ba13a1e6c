"""The rules of the house that no other tool checks."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from loanfund.config import documented
from loanfund.web.limit import limit_of
from loanfund.web.pages import PAGES

ROOT = Path(__file__).resolve().parents[1]
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
MODULES = sorted((ROOT / "loanfund").rglob("*.py"))
DOMAIN = sorted((ROOT / "loanfund" / "domain").rglob("*.py"))
MADE_FILES = (".pdf", ".xlsx", ".zip")
FRAMEWORKS = {"alembic", "babel", "click", "flask", "reportlab", "sqlalchemy"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: say the whole name"
            yield str(node.module)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_can_be_read_at_a_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_function_can_be_seen_at_once(path: Path) -> None:
    too_long = [
        f"{node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]

    assert not too_long


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_stand_openly_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text())
    every = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]

    assert [node.lineno for node in every if node not in tree.body] == []


@pytest.mark.parametrize("path", DOMAIN, ids=name_of)
def test_the_domain_knows_the_standard_library_and_itself(path: Path) -> None:
    foreign = {
        name
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith("loanfund.domain")
    }

    assert not foreign


def test_the_domain_loads_without_any_framework() -> None:
    modules = [name_of(path).removesuffix(".py").replace("/", ".") for path in DOMAIN]
    load = f"import sys, {', '.join(modules)}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", load], check=True, capture_output=True, text=True, cwd=ROOT
    )

    assert not FRAMEWORKS & set(loaded.stdout.split())


def test_every_file_that_pages_make_is_limited() -> None:
    app = Flask("loanfund", static_folder=None)
    for page in PAGES:
        app.register_blueprint(page)
    files = [rule for rule in app.url_map.iter_rules() if rule.rule.endswith(MADE_FILES)]

    unlimited = [rule.rule for rule in files if not limit_of(app.view_functions[rule.endpoint])]

    assert files
    assert unlimited == []


def test_every_setting_is_in_the_operators_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = {f"| `{name}` |": meaning for name, meaning in documented().items()}

    assert {row for row in rows if row not in page} == set()
    assert {meaning for meaning in rows.values() if meaning not in page} == set()


def test_the_readme_names_every_script() -> None:
    readme = (ROOT / "README.md").read_text()
    scripts = {f"scripts/{path.name}" for path in (ROOT / "scripts").iterdir()}

    assert {script for script in scripts if script not in readme} == set()


def test_decisions_are_numbered_without_gap() -> None:
    numbers = sorted(path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md"))

    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
