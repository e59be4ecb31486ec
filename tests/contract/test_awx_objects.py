"""Check that playbooks, settings and files named in ``awx/objects`` exist."""

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


# -- credential type ---------------------------------------------------------------------------------------------


def injected(values: dict[str, Any]) -> dict[str, str]:
    """Return the environment variables that AWX creates from credential fields.

    AWX omits blank fields from the template namespace, so these fields render as empty strings. A blank boolean is
    False. Source: AWX 24, ``CredentialType.inject_credential``.
    """
    namespace = {name: value for name, value in values.items() if isinstance(value, bool) or len(value)}
    for field in CREDENTIAL["inputs"]["fields"]:
        if field["type"] == "boolean":
            namespace.setdefault(field["id"], False)
    environment = ImmutableSandboxedEnvironment()
    return {
        name: environment.from_string(template).render(**namespace)
        for name, template in CREDENTIAL["injectors"]["env"].items()
    }


def test_credential_fields_are_settings_and_injected_variables_are_read() -> None:
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
    assert set(CREDENTIAL["injectors"]) == {"env"}, (
        "other injectors show secrets in the job or override the variables of a play"
    )


def test_credential_has_every_connection_option() -> None:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import connection_arguments, dr_arguments

    # AWX removes the container with the job, so a cached session or a rotated token in a file would be lost.
    not_in_awx = {"session_cache", "api_token_file", "state_url", "state_dir"}
    options = {*connection_arguments(), *dr_arguments()}
    assert {field["id"] for field in CREDENTIAL["inputs"]["fields"]} == options - not_in_awx


def test_blank_credential_fields_keep_the_defaults() -> None:
    # AWX leaves out fields that were never filled in, and stores emptied ones as empty text.
    environment = injected(
        {"url": "https://vcd.example.com", "username": "ops", "password": "sesame", "org": "", "vdc": ""}
    )
    assert {name: value for name, value in environment.items() if value} == {
        "VCA_URL": "https://vcd.example.com", "VCA_USERNAME": "ops", "VCA_PASSWORD": "sesame",
    }  # fmt: skip
    settings, plain = Settings.load(environ=environment), Settings.load(environ={})
    for name in {*SETTINGS} - {"url", "username", "password"}:
        assert settings[name] == plain[name], name
        assert str(settings.origin(name)) == "default"
    assert settings.validate_certs is True


def test_credential_values_reach_the_settings_unchanged() -> None:
    values = {field["id"]: f"a {field['id']}" for field in CREDENTIAL["inputs"]["fields"]}
    values |= {"service_type": "vchs", "validate_certs": "false", "timeout": "30", "ca_path": "/etc/ca.pem"}
    values |= {"dr_provider": "vcda", "vcda_ca_path": "/etc/vcda.pem", "vcda_peer_vcd_ca_path": "/etc/peer.pem"}
    values["password"] = """quote " ' percent %d {{ 7 * 7 }} $HOME\\ tab\t"""
    settings = Settings.load(environ=injected(values))
    for name, value in values.items():
        expected = {"validate_certs": False, "timeout": 30.0}.get(name, value)
        assert settings[name] == (Secret(value) if SETTINGS[name].type == "secret" else expected), name


# -- jobs --------------------------------------------------------------------------------------------------------


def _playbook(template: dict[str, Any]) -> Path:
    return ROOT / "playbooks" / f"{template['extra_vars']['vca_playbook']}.yml"


def _text(template: dict[str, Any]) -> str:
    """Return the playbook that a job template imports, as text without comments."""
    lines = _playbook(template).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def _used(variable: str, text: str) -> bool:
    """Return True if a template or a condition in the text uses the variable."""
    templates = " ".join(re.findall(r"\{[{%].*?[}%]\}", text, re.DOTALL))
    conditions = " ".join(re.findall(r"^\s*(?:- |when: |that: |loop: )(.*)$", text, re.MULTILINE))
    return bool(re.search(rf"\b{re.escape(variable)}\b", f"{templates} {conditions}"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template["name"]))
def test_playbook_of_a_job_template_uses_every_survey_variable(template: dict[str, Any]) -> None:
    assert "vcloudair.cloud.{{ vca_playbook" in (PROJECT / template["playbook"]).read_text(encoding="utf-8")
    assert _playbook(template).is_file()
    survey_variables = [question["variable"] for question in template.get("survey", [])]
    for variable in {*survey_variables, *template["extra_vars"]} - {"vca_playbook"}:
        assert _used(variable, _text(template)), variable


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template["name"]))
def test_survey_defaults_equal_playbook_defaults(template: dict[str, Any]) -> None:
    variables = yaml.safe_load(_playbook(template).read_text(encoding="utf-8"))[0].get("vars", {})
    for question in template.get("survey", []):
        if question["type"] == "multiplechoice":
            continue  # the playbook converts the choice to a boolean
        assert question["default"] == variables[question["variable"]], question["variable"]


@pytest.mark.parametrize("template", [*TEMPLATES, *WORKFLOWS], ids=lambda template: str(template["name"]))
def test_awx_accepts_the_survey(template: dict[str, Any]) -> None:
    FakeAwx().check_survey({"name": "", "description": "", "spec": template.get("survey", [])})


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: str(workflow["name"]))
def test_workflow_runs_existing_jobs_and_passes_their_survey_answers(workflow: dict[str, Any]) -> None:
    survey_variables = {question["variable"] for question in workflow["survey"]}
    identifiers = [node["identifier"] for node in workflow["nodes"]]
    for node in workflow["nodes"]:
        for targets in node.get("related", {}).values():
            assert {target["identifier"] for target in targets} <= set(identifiers)
        if node["unified_job_template"]["type"] == "workflow_approval":
            continue
        template = BY_NAME[node["unified_job_template"]["name"]]
        required = {question["variable"] for question in template.get("survey", []) if question["required"]}
        assert required <= survey_variables, (
            f"{node['identifier']} has required survey questions that the workflow does not answer"
        )
        # AWX passes a survey answer to a job only if the survey of the job template has that question.
        questions = {question["variable"] for question in template.get("survey", [])}
        assert {name for name in survey_variables if _used(name, _text(template))} <= questions, node["identifier"]


def test_referenced_inventories_and_templates_exist() -> None:
    inventories = {inventory["name"]: inventory for inventory in objects("inventories")}
    for template in TEMPLATES:
        assert template.get("inventory", "vCloud Air") in inventories
    for inventory in inventories.values():
        if "source_path" in inventory:
            source = yaml.safe_load((PROJECT / inventory["source_path"]).read_text(encoding="utf-8"))
            name = source["plugin"].removeprefix("vcloudair.cloud.")
            assert (ROOT / "plugins" / "inventory" / f"{name}.py").is_file()
    for schedule in objects("schedules"):
        assert schedule["template"] in BY_NAME


def test_shipped_edge_documents_parse() -> None:
    from vcloudair_core import connect

    kind = connect(url="https://vcd.example.com", username="ops", password="x", org="acme").kind("ans.edge")
    for path in (PROJECT / "edges").glob("*.yml"):
        assert kind.parse(yaml.safe_load(path.read_text(encoding="utf-8")))
