"""The rooms of the house, and that the tools which guard them see every room."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["importlinter"]["root_packages"]
CODE = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
LOCKED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def blind_spots(root: Path) -> list[str]:
    """Folders with code and no `__init__.py`: import-linter does not look into those."""
    folders = {file.parent for room in ROOMS for file in (root / room).rglob("*.py")}
    return sorted(folder.relative_to(root).as_posix() for folder in folders if not (folder / "__init__.py").exists())


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the rooms, to build something wrong into."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_folder_with_code_is_a_package() -> None:
    assert not blind_spots(ROOT)


def test_a_folder_without_init_is_noticed(copy: Path) -> None:
    (copy / "dashboard" / "app_pages" / "__init__.py").unlink()
    (copy / "market" / "new").mkdir()
    (copy / "market" / "new" / "secret.py").write_text("import os\n")
    assert blind_spots(copy) == ["dashboard/app_pages", "market/new"]


def test_imports_go_down_only() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("market/units.py", "import db.views"),
        ("market/units.py", "import os"),
        ("db/views.py", "import collector.source"),
        ("dashboard/app.py", "import db.engine"),
        ("dashboard/app.py", "import jobs.cli"),
        ("jobs/brief.py", "import db.tables"),
        ("collector/sources/litellm.py", "import collector.sources.chutes"),
        ("db/engine.py", "import db.views"),
    ],
)
def test_a_wrong_import_is_noticed(copy: Path, file: str, line: str) -> None:
    wrong = copy / file
    wrong.write_text(f"{line}\n{wrong.read_text().replace('from __future__', '# from __future__')}")
    done = lint_imports(copy)
    assert done.returncode == 1, f"{done.stdout}{done.stderr}"
    assert "BROKEN" in done.stdout


def test_the_market_has_no_clock() -> None:
    told = {"now", "utcnow", "today", "fromtimestamp"}
    for file in (ROOT / "market").rglob("*.py"):
        asked = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute) and node.attr in told]
        assert not asked, f"{file.name}:{asked[0].lineno} asks what time it is"


@pytest.mark.parametrize(
    "file", [file for file in CODE if file.parent.name != "versions"], ids=lambda file: file.relative_to(ROOT).as_posix()
)
def test_no_module_outgrows_its_reader(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 400


def test_every_package_is_installed() -> None:
    packages = {file.parent.relative_to(ROOT).as_posix().replace("/", ".") for file in CODE}
    assert packages <= set(PROJECT["tool"]["setuptools"]["packages"])


def test_every_import_is_of_a_declared_package() -> None:
    optional = PROJECT["project"]["optional-dependencies"]["probe"]
    declared = {Requirement(line).name for line in [*PROJECT["project"]["dependencies"], *optional]}
    owners = packages_distributions()
    for file in CODE:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", None)]
            for room in {name.partition(".")[0] for name in names if name and isinstance(node, ast.Import | ast.ImportFrom)}:
                known = (
                    room in sys.stdlib_module_names
                    or room in ROOMS
                    or declared & {name.lower().replace("_", "-") for name in owners.get(room, [])}
                )
                assert known, f"{file.relative_to(ROOT)}:{node.lineno} imports {room}, which no dependency in pyproject.toml declares"


@pytest.mark.parametrize(("lock", "extra"), [("runtime", None), ("test", "test"), ("test", "probe")])
def test_the_locks_hold_what_the_project_asks_for(lock: str, extra: str | None) -> None:
    text = (ROOT / "locks" / f"{lock}.txt").read_text()
    versions = dict(LOCKED.findall(text))
    asked = PROJECT["project"]["dependencies"] + (PROJECT["project"]["optional-dependencies"][extra] if extra else [])
    for line in asked:
        wanted = Requirement(line)
        assert wanted.specifier.contains(versions[wanted.name]), f"run `make lock`: {line} is locked at {versions[wanted.name]}"


@pytest.mark.parametrize("file", sorted((ROOT / "locks").glob("*.txt")), ids=lambda file: file.name)
def test_a_lock_pins_by_hash_and_names_no_host(file: Path) -> None:
    text = file.read_text()
    assert "://" not in text
    assert not re.search(r"--(index|find|trusted|extra)", text)
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) >= len(LOCKED.findall(text))
    assert all("--hash" in entry for entry in re.split(r"\n(?=\S)", text.strip()))


def test_the_test_lock_adds_to_the_runtime_lock_and_changes_nothing() -> None:
    runtime, test = (dict(LOCKED.findall((ROOT / "locks" / f"{name}.txt").read_text())) for name in ("runtime", "test"))
    assert runtime.items() <= test.items()
