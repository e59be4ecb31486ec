"""Fuzz targets: parsers of user files and of files from earlier processes."""

from __future__ import annotations

import base64
import functools
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fuzz.target import Target, of_text, texts
from tests.support.recovery_events import run_events
from vcloudair_core.audit.history import AuditFilter, entries_of
from vcloudair_core.audit.log_file import read_records
from vcloudair_core.recovery.journal.run_folders import read_journal, runs_folder
from vcloudair_core.recovery.journal.run_storage import JOURNAL
from vcloudair_core.recovery.plan.plan_file import load_plan, parse_plan
from vcloudair_core.recovery.plan.serialization import plan_as_data, plan_of_data
from vcloudair_core.recovery.report.report_files import rendered
from vcloudair_core.recovery.report.run_report import report_of
from vcloudair_core.recovery.run import history
from vcloudair_core.recovery.run.resumed_state import resumed_state
from vcloudair_core.services.ans.document.file import read_document
from vcloudair_core.session.auth.base import Credentials
from vcloudair_core.session.cache import token_cache
from vcloudair_core.session.identity import Identity
from vcloudair_core.settings.settings import OPTIONS, Settings
from vcloudair_core.staging.stage_file import StagedChanges, StagedSection, StageFile, stages_in
from vcloudair_core.util import strict_yaml
from vcloudair_core.util.clock import FakeClock
from vcloudair_core.util.redaction import MASK, Secret

_PLAN = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-recovery-plan.md"
_SMALL_PLAN = """name: shop
rto_minutes: 60
before:
- command: [/bin/true, "a b"]
  timeout_s: 5
groups:
- name: database
  vms: [db-1, {name: db-2, retries: 2, depends_on: [db-1]}]
- name: web
  depends_on: [database]
  on_error: stop
  after:
  - http: {url: "https://shop.example.com/health", status: [200]}
  - approval: Is the shop up?
  - delay_s: 3
  vms: [web-1]
"""
_EDGE = """edge: web-edge
vdc: vdc1
firewall:
  default_action: deny
  rules:
  - &web {name: web, source: [any], destination: [192.0.2.1], protocol: tcp, dest_port: ["443"]}
  - <<: *web
    name: web-2
nat:
  rules:
  - {action: snat, original_address: 10.0.0.0/8, translated_address: 203.0.113.1}
"""
_CONFIG = """url = "https://vcd.example.test"
org = "acme"
username = "ops"
password = "hunter2"
timeout = 30
validate_certs = true
allowed_origins = ["https://partner.example.org"]

current_context = "lab"

[context.lab]
url = "https://lab.example.test"
retries = 1.5
"""


@functools.cache
def _folder() -> Path:
    """Return the folder for the files of an input. The next input overwrites them."""
    folder = tempfile.TemporaryDirectory(prefix="vca-fuzz-")
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[Any] = []


def _file(name: str, body: bytes, mode: int = 0o600) -> Path:
    path = _folder() / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(body)
    path.chmod(mode)
    return path


def _config(body: bytes) -> object:
    path = _file("config.toml", body)
    settings = Settings.load(environ={"VCA_CONFIG_FILE": str(path)})
    secrets = [option.name for option in OPTIONS if option.type == "secret" and settings.is_set(option.name)]
    assert all(settings.as_dict()[name]["value"] == MASK and f"{name}={MASK}" in repr(settings) for name in secrets)
    return settings.replace(timeout=5)


def _audit_log(body: bytes) -> object:
    folder = _file("audit/audit.jsonl", body).parent
    entries = entries_of(read_records(folder))
    return [entry for entry in entries if AuditFilter(user="ops", edge="web").matches(entry)]


def _plan_file(body: bytes) -> object:
    plan = load_plan(str(_file("plan.yml", body)))
    reparsed = plan_of_data(json.loads(json.dumps(plan_as_data(plan))))
    assert plan_as_data(reparsed) == plan_as_data(plan)
    return reparsed


def _plan_data(body: bytes) -> object:
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return plan_of_data(tree)


def _edge_document(body: bytes) -> object:
    return read_document(str(_file("edge.yml", body))).digest()


def _journal_settings() -> Settings:
    return Settings.load({"state_dir": str(_folder())}, environ={"VCA_CONFIG_FILE": ""})


def _journal(body: bytes) -> object:
    """Read a run journal to report on the run, and to resume it."""
    settings = _journal_settings()
    path = runs_folder(settings) / "20260101-000000-000-aaaa"
    _file(str((path / JOURNAL).relative_to(_folder())), body)
    events = read_journal(path)
    report = report_of(events)
    for form in (
        ("json", "junit", "html") if len(body) % 8 == 0 else ("json", "junit")
    ):  # an HTML report takes long, so limit its size
        rendered(report, form)
    cloud: Mapping[str, Any] = {"url": "https://vcd.example.test", "org": "acme"}
    history.last_test(settings, "shop", dict(cloud))
    history.resumable_runs(settings, "shop", dict(cloud), "failover")
    history.typical_seconds(settings, "test")
    history.applied_changes(path, events)
    return resumed_state(parse_plan(_SMALL_PLAN), events)


def _journals() -> list[bytes]:
    shapes: tuple[dict[str, Any], ...] = (
        {"vms": 2},
        {"vms": 3, "groups": 2, "failed": [0], "retried": [1], "failing_step": True},
        {"vms": 2, "action": "failover", "rolled_back": True, "failed": [1]},
        {"vms": 2, "pauses": [(30.0, 60.0)], "ends_at": 200.0, "ended_by": "Ctrl-C"},
    )
    return ["".join(json.dumps(event) + "\n" for event in run_events(**shape)).encode() for shape in shapes]


def _stage(body: bytes) -> object:
    path = _file("stages/fuzz.stage", body)
    staged = StageFile(path.parent, "fuzz").read()
    waiting = stages_in(path.parent)
    return staged and (staged.as_dict(), staged.count, [change.as_dict() for change in waiting])


def _stages() -> list[bytes]:
    from vcloudair_core.staging.stage_file import _plain as plain_of

    target = {"edge": "a6fffb17-37be-5b45-85bd-73fb0a08b563", "edge_name": "web"}
    wish = {"kind": "ans.firewall_rule", "state": "present", "specs": [{"name": "web"}]}
    section = StagedSection(target, "firewall", "edge gateway web", "https://h:443/edge/1", b"{}", b"{}", [wish])
    return [json.dumps(plain_of(StagedChanges("fuzz", 1_767_225_600.0, {"web": target}, [section]))).encode()]


def _kept_session(body: bytes) -> object:
    """Read the bytes as a session file and as the decrypted content of a session file."""
    cache = _cache()
    _file(f"sessions/{_KEY}.token", body)
    outside = cache.load()
    document = {"format": 1, "salt": base64.b64encode(_SALT).decode()}
    document["data"] = cache._cipher(_SALT).encrypt(body).decode()
    _file(f"sessions/{_KEY}.token", json.dumps(document).encode())
    inside = cache.load()
    for credentials in (outside, inside):
        assert credentials is None or isinstance(credentials, Credentials)
    return repr(inside)


@functools.cache
def _cache() -> token_cache.TokenCache:
    token_cache._SCRYPT_N = 2  # cache the derived keys: each new salt takes 50 ms, more than the parser
    return token_cache.TokenCache(_folder() / "sessions", _KEY, Secret("hunter2"), clock=FakeClock())


_KEY = "f" * 64
_SALT = b"0123456789abcdef"


def _sessions() -> list[bytes]:
    identity = Identity("vcd", "https://vcd.example.test", "36.3", "acme", roles=("Admin",))
    credentials = Credentials(identity, {"x-vcloud-authorization": Secret("0f1e2d3c4b5a")}, ("acme",))
    inside = json.dumps(token_cache._as_plain(credentials)).encode()
    outside = {"format": 1, "salt": base64.b64encode(_SALT).decode(), "data": "gAAAAA"}
    return [inside, json.dumps(outside).encode()]


def _page_blocks() -> list[bytes]:
    """Return the recovery plans from a documentation page."""
    blocks = _PLAN.read_text(encoding="utf-8").split("```yaml")[1:]
    return [block.partition("\n")[2].partition("```")[0].encode() for block in blocks]


def _read_yaml(text: str) -> Any:
    reading = strict_yaml.read(text)
    return None if reading.issues else json.dumps(reading.tree)


_YAML = "a: &x [1, 2.5, yes, null, 'q']\nb: *x\nc:\n  <<: {k: v}\n  d: |\n    text\n"

FILE_TARGETS = (
    Target("config_file", _config, texts(_CONFIG)),
    Target("audit_log", _audit_log, texts('{"id": "a", "event": "start", "user": "ops", "edge": "web"}\n{"id": "a", "event": "end", "started": "2026-11-30T10:00:00Z"}')),
    Target("yaml", of_text(_read_yaml), texts(_YAML, _EDGE)),
    Target("edge_document", _edge_document, texts(_EDGE)),
    Target("plan_file", _plan_file, lambda: [_SMALL_PLAN.encode(), *_page_blocks()]),
    Target("plan_data", _plan_data, lambda: [json.dumps(plan_as_data(parse_plan(_SMALL_PLAN))).encode()]),
    Target("journal", _journal, _journals),
    Target("stage_file", _stage, _stages),
    Target("kept_session", _kept_session, _sessions),
)  # fmt: skip
