"""Playbooks, settings and files that ``awx/objects`` names exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.support.ansible import ROOT
from tests.support.awx import PROJECT, FakeAwx, objects
from vcloudair_core.settings.settings import OPTIONS, Settings
from vcloudair_core.util.redaction import Secret

TEMPLATES = objects("job_templates")
WORKFLOWS = objects("workflows")
CREDENTIAL = objects("credential_types")[0]
BY_NAME = {template["name"]: template for template in TEMPLATES}
SETTINGS = {option.name: option for option in OPTIONS}


# -- the credential ----------------------------------------------------------------------------------------------


def injected(given: dict[str, Any]) -> dict[str, str]:
    """The environment that AWX makes of a credential. Source: AWX 24, ``CredentialType.inject_credential``.

    Blank fields are not in the namespace, so they are rendered as nothing; a boolean that was left blank is False.
    """
    namespace = {name: value for name, value in given.items() if isinstance(value, bool) or len(value)}
    for field in CREDENTIAL["inputs"]["fields"]:
        if field["type"] == "boolean":
            namespace.setdefault(field["id"], False)
    environment = ImmutableSandboxedEnvironment()
    return {
        name: environment.from_string(template).render(**namespace)
        for name, template in CREDENTIAL["injectors"]["env"].items()
    }


def test_every_field_is_a_setting_and_every_variable_is_read() -> None:
    fields = {field["id"]: field for field in CREDENTIAL["inputs"]["fields"]}
    assert len(fields) == len(CREDENTIAL["inputs"]["fields"])
    for name, field in fields.items():
        assert bool(field.get("secret")) == (SETTINGS[name].type == "secret"), name
        if SETTINGS[name].choices:
            assert set(field["choices"]) == set(SETTINGS[name].choices)
    variables = CREDENTIAL["injectors"]["env"]
    assert {SETTINGS[name].env_names[0]: name for name in fields} == {
        variable: template.strip("{} ") for variable, template in variables.items()
    }
    assert set(CREDENTIAL["injectors"]) == {"env"}, "other ways would show in the job or outrank what a play says"


def test_every_option_of_the_connection_can_be_given() -> None:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import connection_arguments

    # The container of a job is removed with the job: a session that it keeps, or a rotated token that it writes into a
    # file, would be lost.
    not_in_awx = {"session_cache", "api_token_file"}
    assert {field["id"] for field in CREDENTIAL["inputs"]["fields"]} == set(connection_arguments()) - not_in_awx


def test_blank_fields_count_as_not_given() -> None:
    # As AWX has them: some never filled in, some filled in and emptied again.
    found = injected({"url": "https://vcd.example.com", "username": "ops", "password": "sesame", "org": "", "vdc": ""})
    assert {name: value for name, value in found.items() if value} == {
        "VCA_URL": "https://vcd.example.com", "VCA_USERNAME": "ops", "VCA_PASSWORD": "sesame",
    }  # fmt: skip
    settings, plain = Settings.load(environ=found), Settings.load(environ={})
    for name in {*SETTINGS} - {"url", "username", "password"}:
        assert settings[name] == plain[name], name
        assert str(settings.origin(name)) == "default"
    assert settings.validate_certs is True


def test_a_full_credential_arrives_as_it_was_typed() -> None:
    given = {field["id"]: f"a {field['id']}" for field in CREDENTIAL["inputs"]["fields"]}
    given |= {"service_type": "vchs", "validate_certs": "false", "timeout": "30", "ca_path": "/etc/ca.pem"}
    given["password"] = """quote " ' percent %d {{ 7 * 7 }} $HOME\\ tab\t"""
    settings = Settings.load(environ=injected(given))
    for name, value in given.items():
        wanted = {"validate_certs": False, "timeout": 30.0}.get(name, value)
        assert settings[name] == (Secret(value) if SETTINGS[name].type == "secret" else wanted), name


# -- jobs --------------------------------------------------------------------------------------------------------


def _playbook(template: dict[str, Any]) -> Path:
    return ROOT / "playbooks" / f"{template['extra_vars']['vca_playbook']}.yml"


def _text(template: dict[str, Any]) -> str:
    """The playbook of the collection that the job's one imports, without its comments."""
    lines = _playbook(template).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def _used(variable: str, text: str) -> bool:
    """Return whether a template or a condition uses a variable."""
    templates = " ".join(re.findall(r"\{[{%].*?[}%]\}", text, re.DOTALL))
    conditions = " ".join(re.findall(r"^\s*(?:- |when: |that: |loop: )(.*)$", text, re.MULTILINE))
    return bool(re.search(rf"\b{re.escape(variable)}\b", f"{templates} {conditions}"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template["name"]))
def test_a_job_runs_a_playbook_that_makes_something_of_what_is_asked(template: dict[str, Any]) -> None:
    assert "vcloudair.cloud.{{ vca_playbook" in (PROJECT / template["playbook"]).read_text(encoding="utf-8")
    assert _playbook(template).is_file()
    asked = [question["variable"] for question in template.get("survey", [])]
    for variable in {*asked, *template["extra_vars"]} - {"vca_playbook"}:
        assert _used(variable, _text(template)), variable


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template["name"]))
def test_defaults_of_a_survey_are_those_of_the_playbook(template: dict[str, Any]) -> None:
    variables = yaml.safe_load(_playbook(template).read_text(encoding="utf-8"))[0].get("vars", {})
    for question in template.get("survey", []):
        if question["type"] == "multiplechoice":
            continue  # words that the playbook takes as a boolean
        assert question["default"] == variables[question["variable"]], question["variable"]


@pytest.mark.parametrize("one", [*TEMPLATES, *WORKFLOWS], ids=lambda one: str(one["name"]))
def test_a_survey_is_one_that_awx_takes(one: dict[str, Any]) -> None:
    FakeAwx().check_survey({"name": "", "description": "", "spec": one.get("survey", [])})


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: str(workflow["name"]))
def test_a_workflow_runs_jobs_that_there_are_and_hands_on_what_they_ask_for(workflow: dict[str, Any]) -> None:
    asked = {question["variable"] for question in workflow["survey"]}
    identifiers = [node["identifier"] for node in workflow["nodes"]]
    for node in workflow["nodes"]:
        for targets in node.get("related", {}).values():
            assert {target["identifier"] for target in targets} <= set(identifiers)
        if node["unified_job_template"]["type"] == "workflow_approval":
            continue
        template = BY_NAME[node["unified_job_template"]["name"]]
        required = {question["variable"] for question in template.get("survey", []) if question["required"]}
        assert required <= asked, f"{node['identifier']} would wait for an answer"
        # AWX hands an answer on to a job only if the job's own survey asks for it.
        heard = {question["variable"] for question in template.get("survey", [])}
        assert {name for name in asked if _used(name, _text(template))} <= heard, node["identifier"]


def test_names_lead_somewhere() -> None:
    inventories = {one["name"]: one for one in objects("inventories")}
    for template in TEMPLATES:
        assert template.get("inventory", "vCloud Air") in inventories
    for one in inventories.values():
        if "source_path" in one:
            found = yaml.safe_load((PROJECT / one["source_path"]).read_text(encoding="utf-8"))
            name = found["plugin"].removeprefix("vcloudair.cloud.")
            assert (ROOT / "plugins" / "inventory" / f"{name}.py").is_file()
    for schedule in objects("schedules"):
        assert schedule["template"] in BY_NAME


def test_the_documents_that_are_shipped_can_be_read() -> None:
    from vcloudair_core import connect

    kind = connect(url="https://vcd.example.com", username="ops", password="x", org="acme").kind("ans.edge")
    for path in (PROJECT / "edges").glob("*.yml"):
        assert kind.parse(yaml.safe_load(path.read_text(encoding="utf-8")))
