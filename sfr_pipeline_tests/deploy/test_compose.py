"""The compose file, taken apart: its parts know each other, keep to themselves, hold no secret."""

import re
from urllib.parse import urlsplit

import pytest
import yaml

from sfr_pipeline.settings import VARIABLES
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.deploy.files import (
    DEPLOY,
    VARIABLE,
    compose,
    filled,
    lines_of,
    texts_in,
)

FILE = compose()
SERVICES = FILE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "sfr_pipeline"}
# Of the Compose specification, what is used here.
KEYS = {
    "build", "cap_drop", "command", "configs", "depends_on", "environment", "healthcheck", "image",
    "init", "ports", "restart", "security_opt", "shm_size", "volumes",
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy"}
# Of others: read by pyarrow, by Ray.
OTHERS = {
    "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
    "DAGSTER_POSTGRES_URL", "RAY_ADDRESS", "RAY_AUTH_TOKEN",
}  # fmt: skip
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN")


def test_it_has_the_parts_of_an_installation():
    assert {*SERVICES} == {
        "webserver", "daemon", "code", "postgres", "s3", "ray-head", "ray-worker",
    }  # fmt: skip
    top = {key for key in FILE if not key.startswith("x-")}
    assert top == {"name", "services", "configs", "volumes"}
    assert {key for one in SERVICES.values() for key in one} <= KEYS


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_part_names_is_there(name):
    service = SERVICES[name]
    for other, how in service.get("depends_on", {}).items():
        assert how["condition"] in CONDITIONS
        assert "healthcheck" in SERVICES[other] or how["condition"] != "service_healthy"
    for volume in service.get("volumes", []):
        assert volume.partition(":")[0] in FILE["volumes"]
    for config in service.get("configs", []):
        assert (DEPLOY / FILE["configs"][config["source"]]["file"]).is_file()
    if "build" in service:
        context = (DEPLOY / service["build"]["context"]).resolve()
        assert (context / service["build"]["dockerfile"]).is_file()


def test_what_is_not_ours_has_a_version_and_nothing_is_published_beyond_this_machine():
    for name, service in SERVICES.items():
        if name not in OURS:
            assert re.fullmatch(r"[\w/]+:\d[\w.-]*", service["image"])
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
    assert {name for name, one in SERVICES.items() if "ports" in one} == {"webserver", "s3"}


def test_ours_may_do_nothing_that_they_need_not():
    for name, service in OURS.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_no_secret_is_in_the_file_and_none_is_forgotten():
    names = set()
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if SECRET.search(name) or SECRET.search(value):
                secret = [found for found in VARIABLE.finditer(value) if SECRET.search(found[1])]
                assert secret, f"{name} is written out"
                assert {found[2] for found in secret} == {"?"}, "it must be given"
                names |= {found[1] for found in secret}
    assert names == {"POSTGRES_PASSWORD", "RAY_AUTH_TOKEN", "AWS_SECRET_ACCESS_KEY"}
    ignored = (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/deploy/.env" in ignored


def test_the_variables_of_ours_are_ones_that_are_read_and_the_same_everywhere():
    environments = [service["environment"] for service in OURS.values()]
    assert all(one == environments[0] for one in environments)
    assert {*environments[0]} - {*VARIABLES} - OTHERS == set()


def test_addresses_name_parts_and_the_ports_on_which_they_listen():
    values = {name: filled(value) for name, value in SERVICES["code"]["environment"].items()}
    host, _, port = values["RAY_ADDRESS"].partition(":")
    assert f"--port={port}" in SERVICES[host]["command"]
    assert urlsplit(values["AWS_ENDPOINT_URL"]).netloc == "s3:8333"
    assert "127.0.0.1:8333:8333" in SERVICES["s3"]["ports"]
    database = urlsplit(values["DAGSTER_POSTGRES_URL"])
    own = SERVICES[database.hostname]["environment"]
    assert (database.username, database.path[1:]) == (own["POSTGRES_USER"], own["POSTGRES_DB"])
    assert database.password == filled(own["POSTGRES_PASSWORD"])
    assert urlsplit(values["SFR_WAREHOUSE"]).scheme == "s3"


@pytest.mark.parametrize("name", OURS)
def test_its_commands_are_ones(name, takes):
    mounted = {
        config["target"]: str(DEPLOY / FILE["configs"][config["source"]]["file"])
        for config in SERVICES[name].get("configs", [])
    }
    for words in lines_of(SERVICES[name]["command"]):
        # Those of Ray are held with those of the page.
        if words[0] != "ray":
            assert takes([mounted.get(word, word) for word in words]), words


def test_web_server_and_daemon_find_the_code_location_where_it_listens():
    (entry,) = yaml.safe_load((DEPLOY / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    server = entry["grpc_server"]
    (started,) = [
        words for words in lines_of(SERVICES[server["host"]]["command"]) if words[0] == "dagster"
    ]
    assert started[started.index("--port") + 1] == str(server["port"])
    assert started[started.index("--module-name") + 1] == "sfr_pipeline.definitions"
    for name in ("webserver", "daemon"):
        command = SERVICES[name]["command"]
        (config,) = SERVICES[name]["configs"]
        assert command[command.index("--workspace") + 1] == config["target"]


def test_every_variable_that_it_asks_for_says_what_it_wants():
    asked = {found[1]: found[3] for text in texts_in(FILE) for found in VARIABLE.finditer(text)}
    assert {*asked} == {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MARKET", "POSTGRES_PASSWORD",
        "RAY_AUTH_TOKEN", "TORCH_INDEX",
    }  # fmt: skip
    assert all(said for name, said in asked.items() if name != "TORCH_INDEX")
