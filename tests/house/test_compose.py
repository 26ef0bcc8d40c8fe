"""docker-compose.yml runs the processes of the architecture, with the commands that start them without containers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.commands import PREPARATIONS, Places, commands
from tools.stack import MEMBERS, ROOT
from webapp.config import environment

COMPOSE = ROOT / "docker-compose.yml"
DATA = "/var/lib/rasgado"
#: services that prepare something and end
ONE_SHOTS = {"migrate", "demo", "bucket"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text()))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(compose["services"])


@pytest.fixture(scope="module")
def in_containers() -> dict[str, tuple[str, ...]]:
    places = Places(
        web_host="0.0.0.0", web_port=8000, simulator_host="0.0.0.0", simulator_port=30431,
        beat_schedule=Path(DATA) / "beat-schedule",
    )  # fmt: skip
    return commands(places)


def test_it_keeps_to_the_compose_specification() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", COMPOSE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_process_of_the_architecture_is_there(services: dict[str, Any]) -> None:
    assert set(services) == set(MEMBERS) | {"postgres", "storage"} | ONE_SHOTS


def test_commands_are_those_that_run_without_containers(
    services: dict[str, Any], in_containers: dict[str, tuple[str, ...]]
) -> None:
    for name, command in in_containers.items():
        assert tuple(services[name]["command"]) == command, name


def test_preparations_are_those_that_run_without_containers(services: dict[str, Any]) -> None:
    for arguments in PREPARATIONS:
        assert services[arguments[0]]["command"] == ["python", "manage.py", *arguments]


def test_the_image_runs_the_site_by_default(in_containers: dict[str, tuple[str, ...]]) -> None:
    last = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")][-1]
    assert tuple(yaml.safe_load(last.removeprefix("CMD "))) == in_containers["web"]


def test_whoever_is_waited_for_exists_and_can_fulfil_it(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}"
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other}'s health"
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert other in ONE_SHOTS
                assert services[other]["restart"] == "no"


def test_nobody_waits_in_a_circle(services: dict[str, Any]) -> None:
    settled: set[str] = set()
    while len(settled) < len(services):
        next_ones = {n for n, s in services.items() if n not in settled and set(s.get("depends_on", {})) <= settled}
        assert next_ones, f"these wait for each other: {set(services) - settled}"
        settled |= next_ones


def test_every_lasting_service_is_watched_and_restarted(services: dict[str, Any]) -> None:
    for name in set(services) - ONE_SHOTS:
        assert services[name]["restart"] == "unless-stopped", name
        assert services[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


def test_workers_are_asked_about_by_the_names_they_have(services: dict[str, Any]) -> None:
    for name in ("instrument", "processing", "beat"):
        command = services[name]["command"]
        node = command[command.index("-n") + 1]
        assert services[name]["healthcheck"]["test"][-1] == node.removesuffix("@%h")


def test_ours_are_configured_with_documented_variables_only(services: dict[str, Any]) -> None:
    of_the_driver = {"RASGADO_LOCK_DIR"}
    known = {variable.name for variable in environment.VARIABLES} | of_the_driver
    reference = ROOT / "docs" / "reference"
    documented = (reference / "settings.md").read_text() + (reference / "radio-driver.md").read_text()
    for name, service in services.items():
        if service["image"] != "rasgado-nqr":
            continue
        for variable in service["environment"]:
            assert variable in known, f"{name} sets {variable}, which nothing reads"
            assert variable in documented, f"{name} sets {variable}, which docs/reference does not explain"


def test_its_settings_can_be_read_by_the_service(services: dict[str, Any]) -> None:
    values = dict(line.split("=", 1) for line in _example())

    def filled(text: str) -> str:
        return re.sub(r"\$\{(\w+)(?::?[-?][^}]*)?\}", lambda match: values[match.group(1)], text)

    read = environment.read({name: filled(value) for name, value in services["web"]["environment"].items()})
    database = environment.database(read["DATABASE_URL"], Path(DATA))
    assert database["HOST"] in services
    assert database["NAME"] == services["postgres"]["environment"]["POSTGRES_DB"]
    assert read["RASGADO_STORAGE"] == "s3"
    assert read["RASGADO_DEMO_URI"] == "ip:simulator:30431"
    assert re.fullmatch(r"redis://redis:6379/\d", read["REDIS_URL"])


def test_the_example_names_every_value_that_is_asked_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    assert asked == {line.split("=", 1)[0] for line in _example()}


def test_no_secret_has_a_default() -> None:
    for name, rest in re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)([^}]*)\}", COMPOSE.read_text()):
        assert rest.startswith(":?"), name


def test_volumes_that_are_mounted_are_declared(compose: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", ())
    }
    assert mounted == set(compose["volumes"])


def test_the_image_has_all_that_its_commands_need() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for package in ("acquisition", "sdr", "tasks", "webapp", "tools", "rasgado"):
        assert f"COPY {package} {package}\n" in text
    assert re.search(r"^USER (?!root)", text, re.MULTILINE)
    assert "libiio0" in text
    assert "--require-hashes" in text


def _example() -> list[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]
