"""docker-compose.yml and the Dockerfile: well-formed, safe, and each service's command does what it says, against a real server."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import psycopg
import pytest
import yaml
from databases import Database
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db import engine
from jobs.cli import parser

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name in SERVICES if name != "postgres"]
DURATION = {"type": "string", "pattern": r"^(\d+(us|ms|s|m|h))+$"}
TEXTS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
WORDS = {"type": "array", "items": {"type": "string"}}

# What the compose specification says of the keys used here; a key that is not known here is an error, as it is there.
SERVICE = {
    "type": "object",
    "required": ["image"],
    "additionalProperties": False,
    "properties": {
        "image": {"type": "string"},
        "build": {"type": "string"},
        "command": WORDS,
        "environment": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
        "volumes": {"type": "array", "uniqueItems": True, "items": {"type": "string", "pattern": r"^[a-z][\w.-]*:/[^:]+$"}},
        "ports": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["condition"],
                "additionalProperties": False,
                "properties": {"condition": {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}},
            },
        },
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "required": ["test"],
            "properties": {
                "test": {
                    "type": "array",
                    "items": {"type": "string"},
                    "prefixItems": [{"enum": ["CMD", "CMD-SHELL", "NONE"]}],
                    "minItems": 2,
                },
                "retries": {"type": "integer", "minimum": 1},
                **dict.fromkeys(("interval", "timeout", "start_period"), DURATION),
            },
        },
        "user": {"type": "string"},
        "read_only": {"type": "boolean"},
        "init": {"type": "boolean"},
        "tmpfs": TEXTS,
        "cap_drop": TEXTS,
        "security_opt": TEXTS,
        "shm_size": {"type": ["string", "integer"]},
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "stop_grace_period": DURATION,
    },
}
SPECIFICATION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["services"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": False, "patternProperties": {"^[a-zA-Z0-9._-]+$": SERVICE}},
        "volumes": {"type": "object", "patternProperties": {"^[a-zA-Z0-9._-]+$": {"type": ["object", "null"]}}},
    },
    "patternProperties": {"^x-": {}},
}


def test_the_file_is_as_the_specification_wants_it() -> None:
    jsonschema.Draft202012Validator(SPECIFICATION).validate(COMPOSE)
    assert "version" not in COMPOSE
    assert list(SERVICES) == ["postgres", "migrate", "scheduler", "worker", "dashboard"]


@pytest.mark.skipif(
    not shutil.which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
    reason="docker has no compose plugin here",
)
def test_compose_itself_accepts_it() -> None:
    environment = {**os.environ, "POSTGRES_PASSWORD": "x"}
    done = subprocess.run(
        ["docker", "compose", "config", "--quiet"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_named_exists() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= set(COMPOSE["volumes"])
        for other, when in service.get("depends_on", {}).items():
            assert when["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]
    assert SERVICES["migrate"]["restart"] == "no" and set(SERVICES["migrate"]["depends_on"]) == {"postgres"}
    for name in ("scheduler", "worker", "dashboard"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["postgres"]["volumes"] == ["database:/var/lib/postgresql"], "where the image of version 18 wants it"


def test_nothing_is_secret_in_the_file_and_nothing_runs_as_root() -> None:
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            assert "PASSWORD" not in variable or re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?.+\}", value), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    for name in OURS:
        assert SERVICES[name]["user"] == "10001:10001" and SERVICES[name]["read_only"] and SERVICES[name]["cap_drop"] == ["ALL"]
    assert "${" not in SERVICES["worker"]["environment"]["DATABASE_URL"], "a password may hold what an address may not"


def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line and not line.startswith("#")]  # type: ignore[misc]


def test_the_dockerfile_builds_what_is_there() -> None:
    known = {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "ENTRYPOINT", "CMD"}
    words = [word for word, _ in steps()]
    said = dict(steps())
    assert words[0] == "FROM" and set(words) <= known
    assert words.index("USER") > max(place for place, word in enumerate(words) if word == "RUN") and said["USER"] == "10001:10001"
    assert said["ENTRYPOINT"] == '["modelmarket"]'
    runs = " ".join(rest for word, rest in steps() if word == "RUN")
    for lock in re.findall(r"-r (\S+)", runs):
        assert (ROOT / lock).is_file() and f"--require-hashes -r {lock}" in runs
    assert "--uid 10001" in runs
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", ".env"} <= set(ignored)
    needed = ("locks", "pyproject.toml", "README.md", "market", "db", "collector", "probes", "jobs", "dashboard", "migrations")
    assert not [name for name in needed if name in ignored or not (ROOT / name).exists()]


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_ours(name: str) -> None:
    parser().parse_args(SERVICES[name]["command"])


# Each service's command as written, against a database that DATABASE_URL names; only the port may be another.


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def environment(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a service finds: a database of its own that nobody has upgraded, and an empty home."""
    given = conninfo_to_dict(engine.dsn())
    with psycopg.connect(engine.dsn(), autocommit=True) as owner:
        owner.execute("drop database if exists composed")
        owner.execute("create database composed")
    folder = tmp_path_factory.mktemp("home")
    url = f"postgresql://{given['user']}@/composed?host={quote(str(given['host']), safe='')}&port={given['port']}"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    yield {
        **os.environ,
        "PATH": path,
        "DATABASE_URL": url,
        "MODELMARKET_HOME": str(folder),
        "MODELMARKET_MIRROR": f"http://127.0.0.1:{free_port()}",
    }
    with psycopg.connect(engine.dsn(), autocommit=True) as owner:
        owner.execute("drop database composed with (force)")


def line(words: list[str], port: str) -> list[str]:
    """A command as the image starts it: its entry point, then the service's words, on a free port."""
    return ["modelmarket", *(word.replace("8501", port) for word in words)]


def healthy(name: str, environment: dict[str, str], port: str) -> bool:
    test = [word.replace("8501", port) for word in SERVICES[name]["healthcheck"]["test"][1:]]
    return subprocess.run(test, env=environment, capture_output=True, check=False, timeout=30).returncode == 0


@contextlib.contextmanager
def running(name: str, environment: dict[str, str], port: str) -> Iterator[subprocess.Popen[bytes]]:
    """A service, stopped as `docker stop` does it."""
    command = line(SERVICES[name]["command"], port)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        _, said = process.communicate(timeout=60)
        grace = float(SERVICES[name]["stop_grace_period"].removesuffix("s"))
        assert time.monotonic() - began < grace, f"{name} would have been killed"
        assert b"Traceback" not in said, said.decode()


def test_each_service_runs_as_written(environment: dict[str, str]) -> None:
    port = str(free_port())
    early = subprocess.run(
        line(SERVICES["worker"]["command"], port), env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert early.returncode == 1 and "db upgrade" in early.stderr, "nothing runs before `migrate` is done"
    for _ in range(2):
        done = subprocess.run(
            line(SERVICES["migrate"]["command"], port), env=environment, capture_output=True, text=True, check=False, cwd="/"
        )
        assert done.returncode == 0, done.stderr
    with contextlib.ExitStack() as up:
        for name in ("dashboard", "scheduler", "worker"):
            up.enter_context(running(name, environment, port))
        wanted = {"dashboard", "scheduler", "worker"}
        end = time.monotonic() + 90
        while wanted and time.monotonic() < end:
            wanted -= {name for name in wanted if healthy(name, environment, port)}
        assert not wanted, f"not healthy: {wanted}"
        assert rung(environment) and worked(environment), "the clock rings and the worker takes it up"
    assert not healthy("dashboard", environment, port)


def ask(environment: dict[str, str], query: str) -> int:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row
    return int(row[0])


def rung(environment: dict[str, str]) -> bool:
    return until(lambda: ask(environment, "select count(*) from queue.ring") > 0)


def worked(environment: dict[str, str]) -> bool:
    return until(lambda: ask(environment, "select count(*) from market.run where finished_at is not null") > 0)


def until(what: Any, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.2)
    return False


def test_the_database_s_own_check_works(database: Database) -> None:
    from db.keeper import binary

    given = conninfo_to_dict(engine.dsn())
    test = SERVICES["postgres"]["healthcheck"]["test"]
    assert test[1] == "pg_isready"
    where = {**os.environ, "PGHOST": str(given["host"]), "PGPORT": str(given["port"])}
    assert (
        make_conninfo(engine.dsn())
        and subprocess.run([str(binary("pg_isready")), *test[2:]], env=where, check=False, capture_output=True).returncode == 0
    )
