"""A fake AWX that stores objects, and rejects invalid requests as AWX does.

It supports the requests with which the ``awx.awx`` modules find, create and change objects. Source: the serializers
and models of AWX 24.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.support.ansible import ROOT

TOKEN = "a token of the tests"
ENCRYPTED = "$encrypted$"
PROJECT = ROOT / "awx" / "project"
"""Files that a user copies into the repository of a project."""

TYPES = {
    "organizations": "organization",
    "credential_types": "credential_type",
    "credentials": "credential",
    "execution_environments": "execution_environment",
    "projects": "project",
    "inventories": "inventory",
    "inventory_sources": "inventory_source",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "workflow_job_template_nodes": "workflow_job_template_node",
    "workflow_approval_templates": "workflow_approval_template",
    "schedules": "schedule",
    "notification_templates": "notification_template",
}
"""Value of the field ``type``, by list of the API."""

UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates", "workflow_approval_templates")
FIELD_KEYS = {"id", "label", "type", "secret", "multiline", "help_text", "choices", "format", "default"}
QUESTIONS = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}
QUESTION_KEYS = {
    "question_name", "question_description", "required", "type", "variable", "min", "max", "default", "choices",
}  # fmt: skip


class RefusedError(Exception):
    """An invalid request, which AWX answers with status 400."""


class FakeAwx:
    """The objects of a fake AWX, and the links between them.

    ``objects[list][id]`` is an object. ``linked[(list, id, name)]`` contains the IDs of linked objects.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in TYPES}
        self.linked: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], dict[str, Any]] = {}
        self.writes: list[str] = []
        self.add("organizations", {"name": "Default"})

    def add(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        """Add an object and return it. Raises RefusedError."""
        check = getattr(self, f"_check_{kind}", None)
        if check is not None:
            check(given)
        number = 1 + max((one for objects in self.objects.values() for one in objects), default=0)
        self.objects[kind][number] = {**given, "id": number}
        return self.objects[kind][number]

    def named(self, kind: str, name: str) -> dict[str, Any]:
        """Return the stored object with this name."""
        return next(one for one in self.objects[kind].values() if one.get("name") == name)

    def links(self, kind: str, number: int, name: str) -> list[str]:
        """Return the names of linked objects. For workflow nodes, return the identifiers."""
        every = {key: one for objects in self.objects.values() for key, one in objects.items()}
        found = [every[key] for key in self.linked.get((kind, number, name), [])]
        return [str(one.get("identifier") or one["name"]) for one in found]

    # -- validation -----------------------------------------------------------------------------------------------

    def _check_credential_types(self, given: dict[str, Any]) -> None:
        fields = given["inputs"]["fields"]
        for field in fields:
            _refuse(field, set(field) - FIELD_KEYS, "has keys that are not known")
            _refuse(field, field.get("type") not in ("string", "boolean"), "has no type")
            _refuse(field, "choices" in field and field["type"] != "string", "cannot have choices")
        sample = {field["id"]: "EXAMPLE" for field in fields}
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        for name, template in given["injectors"]["env"].items():
            _refuse(name, name.startswith("ANSIBLE_") or not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name), "is not allowed")
            try:
                environment.from_string(template).render(**sample)
            except TemplateError as exc:
                raise RefusedError(f"{name}: {exc}") from exc

    def _check_credentials(self, given: dict[str, Any]) -> None:
        fields = {field["id"]: field for field in self._fields_of(given)}
        for name, value in given["inputs"].items():
            _refuse(name, name not in fields, "is not a field of the type")
            choices = fields[name].get("choices")
            _refuse(name, choices is not None and value not in choices, f"is not one of {choices}")

    def _check_job_templates(self, given: dict[str, Any]) -> None:
        _refuse(given["playbook"], not (PROJECT / given["playbook"]).is_file(), "is not in the project")
        _refuse(given["name"], not isinstance(json.loads(given.get("extra_vars") or "{}"), dict), "has bad variables")

    def _check_inventory_sources(self, given: dict[str, Any]) -> None:
        _refuse(given["source_path"], not (PROJECT / given["source_path"]).is_file(), "is not in the project")

    def _check_schedules(self, given: dict[str, Any]) -> None:
        rule = given["rrule"]
        _refuse(rule, not re.match(r"DTSTART;TZID=[\w/]+:\d{8}T\d{6} RRULE:\S+$", rule), "must be a rule with a start")
        _refuse(rule, "INTERVAL=" not in rule, "has no INTERVAL")
        kinds = [kind for kind in UNIFIED if given["unified_job_template"] in self.objects[kind]]
        survey = self.surveys.get((kinds[0], given["unified_job_template"]), {"spec": []})["spec"]
        asked = {question["variable"]: question for question in survey}
        for name in given.get("extra_data") or {}:
            _refuse(name, name not in asked, "is not asked for on launch")
        for name, question in asked.items():
            missing = question["required"] and not question["default"] and name not in (given.get("extra_data") or {})
            _refuse(name, missing, "is required and not given")

    def check_survey(self, spec: dict[str, Any]) -> None:
        """Raise RefusedError for an invalid survey."""
        _refuse("survey", set(spec) != {"name", "description", "spec"}, "has other keys than it should")
        variables = [question["variable"] for question in spec["spec"]]
        _refuse("survey", len(variables) != len(set(variables)), "asks twice for one variable")
        for question in spec["spec"]:
            name, default = question["variable"], question.get("default")
            _refuse(name, not {"question_name", "variable", "type", "required"} <= set(question), "lacks keys")
            _refuse(name, set(question) - QUESTION_KEYS, "has keys that are not known")
            _refuse(name, question["type"] not in QUESTIONS, "is of no known type")
            if question["type"] == "multiplechoice":
                _refuse(name, not question.get("choices"), "has no choices")
                _refuse(
                    name, any(not isinstance(choice, str) for choice in question["choices"]), "must have text choices"
                )
                _refuse(name, bool(default) and default not in question["choices"], "has another default")
            elif default not in (None, ""):
                wanted = {"integer": int, "float": float}.get(question["type"], str)
                _refuse(name, not isinstance(default, wanted), f"has a default that is no {wanted.__name__}")

    # -- output --------------------------------------------------------------------------------------------------

    def _fields_of(self, credential: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.objects["credential_types"][credential["credential_type"]]["inputs"][
            "fields"
        ]
        return found

    def shown(self, kind: str, one: dict[str, Any]) -> dict[str, Any]:
        """Return an object as the API returns it, with masked secrets."""
        url = f"/api/v2/{kind}/{one['id']}/"
        related = {name: f"{url}{name}/" for name in ("survey_spec", "update", "create_approval_template")}
        node_of = one.get("unified_job_template")
        if kind == "workflow_job_template_nodes" and node_of in self.objects["workflow_approval_templates"]:
            related["unified_job_template"] = f"/api/v2/workflow_approval_templates/{node_of}/"
        shown = {**one, "type": TYPES[kind], "url": url, "related": related, "summary_fields": {}, "scm_revision": ""}
        if kind == "credentials":
            secrets = {field["id"] for field in self._fields_of(one) if field.get("secret")}
            shown["inputs"] = {key: ENCRYPTED if key in secrets else value for key, value in one["inputs"].items()}
        return shown

    def listed(self, kinds: tuple[str, ...], wanted: dict[str, str]) -> list[dict[str, Any]]:
        """Return the objects that have all the values in ``wanted``."""
        every = [self.shown(kind, one) for kind in kinds for one in self.objects[kind].values()]
        return [one for one in every if all(str(one.get(key)) == value for key, value in wanted.items())]


def _refuse(what: Any, is_bad: Any, why: str) -> None:
    if is_bad:
        raise RefusedError(f"{what} {why}")


class _Handler(BaseHTTPRequestHandler):
    awx: FakeAwx

    def do_GET(self) -> None:
        kind, number, name = self._place()
        query = dict(parse_qsl(urlsplit(self.path).query))
        if number is None:
            kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
            self._answer_list(self.awx.listed(kinds, query))
        elif not name:
            self._answer(200, self.awx.shown(kind, self.awx.objects[kind][number]))
        elif name == "survey_spec":
            self._answer(200, self.awx.surveys.get((kind, number), {}))
        else:
            self._answer_list([{"id": one} for one in self.awx.linked.get((kind, number, name), [])])

    def do_POST(self) -> None:
        kind, number, name = self._place()
        given = self._body()
        self.awx.writes.append(f"POST {kind} {name} {given.get('name') or given.get('identifier') or ''}".strip())
        try:
            if number is None:
                self._answer(201, self.awx.shown(kind, self.awx.add(kind, given)))
            elif name == "survey_spec":
                self.awx.check_survey(given)
                self.awx.surveys[kind, number] = given
                self._answer(200, {})
            elif name == "create_approval_template":
                made = self.awx.add("workflow_approval_templates", given)
                self.awx.objects[kind][number]["unified_job_template"] = made["id"]
                self._answer(201, self.awx.shown("workflow_approval_templates", made))
            else:
                beside = self.awx.linked.setdefault((kind, number, name), [])
                beside.remove(given["id"]) if given.get("disassociate") else beside.append(given["id"])
                self._answer(204, None)
        except RefusedError as exc:
            self._answer(400, {"__all__": [str(exc)]})

    def do_PATCH(self) -> None:
        kind, number, _ = self._place()
        assert number is not None
        self.awx.writes.append(f"PATCH {kind} {number}")
        self.awx.objects[kind][number].update(self._body())
        self._answer(200, self.awx.shown(kind, self.awx.objects[kind][number]))

    def _place(self) -> tuple[str, int | None, str]:
        """Return (list, ID, related list) from the path of the request.

        A missing ID is None, and a missing related list is an empty string.
        """
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        words = urlsplit(self.path).path.removeprefix("/api/v2/").strip("/").split("/")
        return words[0], int(words[1]) if len(words) > 1 else None, words[2] if len(words) > 2 else ""

    def _body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        return found

    def _answer_list(self, found: list[dict[str, Any]]) -> None:
        self._answer(200, {"count": len(found), "next": None, "previous": None, "results": found})

    def _answer(self, status: int, value: Any) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's own word
        """Suppress the log."""


class AwxServer:
    """A fake AWX on a socket. Use it as a context manager."""

    def __init__(self) -> None:
        self.awx = FakeAwx()
        handler = type("Handler", (_Handler,), {"awx": self.awx})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> AwxServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Loader(yaml.SafeLoader):
    """A YAML loader that reads ``!unsafe`` values as text, like Ansible."""


_Loader.add_constructor("!unsafe", lambda loader, node: str(node.value))


def objects(name: str) -> Any:
    """Return the objects of a file of ``awx/objects``."""
    return yaml.load((ROOT / "awx" / "objects" / f"{name}.yml").read_text(encoding="utf-8"), _Loader)[f"awx_{name}"]
