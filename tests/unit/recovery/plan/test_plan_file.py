"""Tests of loading plan files, and of errors with line numbers."""

from __future__ import annotations

import hashlib
import sys
import textwrap
from pathlib import Path

import pytest

from vcloudair_core import errors
from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.recovery.plan import plan_schema, plan_validation
from vcloudair_core.recovery.plan.model import (
    Approval,
    Command,
    Delay,
    Group,
    HttpCheck,
    NetworkChange,
    PlannedVm,
    Playbook,
    RecoveryPlan,
    Step,
)
from vcloudair_core.recovery.plan.plan_file import load_plan, parse_plan
from vcloudair_core.util.install_hint import install_hint

WHOLE = """\
# yaml-language-server: $schema=recovery-plan.schema.json
name: payroll
description: Payroll and its database
rto_minutes: 60
rpo_minutes: 30
test_max_age_days: 90
max_concurrent: 5
on_error: roll_back
power_on: false
synchronize: true
stuck_after: 90.5
before:
  - name: Storage is quiet
    command: [./quiesce.sh, --now]
    timeout_s: 60
    retries: 1
    retry_delay_s: 0
    only: [failover, cleanup]
    on_error: continue
    on_resume: fail
  - command: sync-all --label 'two words'
after:
  - delay_s: 30
  - delay_s: 30
groups:
  - name: database
    vms:
      - db1
      - name: db2
        depends_on: [db1]
        vm_timeout: 900
        retries: 2
        retry_delay_s: 30
        power_on: true
        rto_minutes: 20
        rpo_minutes: 15
    before:
      - approval: >
          Is the primary site
          really down?
  - name: web
    priority: 2
    depends_on: [database]
    timeout_s: 1800
    rto_minutes: 30
    on_error: continue
    vms: [web1]
    after:
      - http: http://10.0.0.5:8080/health?token=hidden
      - http: {url: "https://10.0.0.5/", status: [200, 204], contains: ok, validate_certs: false}
      - playbook: smoke.yml
      - playbook: {path: smoke.yml, inventory: "a,b", extra_vars: {level: 3, names: [x]}}
      - network: dr-edge.yml
      - network: {document: dr-edge.yml, rollback: home-edge.yml}
"""

SMALL = "name: p\ngroups:\n- name: g\n  vms: [a]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with all files that the plan ``WHOLE`` refers to.

    The folder is not the current folder.
    """
    monkeypatch.chdir("/")
    script = tmp_path / "quiesce.sh"
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    script.chmod(0o755)
    (tmp_path / "smoke.yml").write_text("[]", encoding="utf-8")
    for name in ("dr-edge.yml", "home-edge.yml"):
        (tmp_path / name).write_text("edge: e\nfirewall: {rules: []}\n", encoding="utf-8")
    return tmp_path


def written(folder: Path, text: str) -> str:
    path = folder / "plan.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def problems(text: str, path: str = "plan.yml") -> list[str]:
    """Return the lines of the error of an invalid plan."""
    with pytest.raises(SpecError) as caught:
        parse_plan(text, path)
    return str(caught.value).splitlines()


def test_a_plan_with_all_keys(folder: Path) -> None:
    path = written(folder, WHOLE)
    assert load_plan(path) == RecoveryPlan(
        name="payroll",
        description="Payroll and its database",
        rto_minutes=60,
        rpo_minutes=30,
        test_max_age_days=90,
        max_concurrent=5,
        on_error="roll_back",
        power_on=False,
        synchronize=True,
        stuck_after=90.5,
        before=(
            Step(
                "Storage is quiet",
                Command(("./quiesce.sh", "--now")),
                only=frozenset({"failover", "cleanup"}),
                timeout_s=60,
                retries=1,
                retry_delay_s=0,
                on_error="continue",
                on_resume="fail",
                line=13,
            ),
            Step("run sync-all", Command(("sync-all", "--label", "two words")), line=21),
        ),
        after=(Step("wait 30 s", Delay(30), line=23), Step("wait 30 s (2)", Delay(30), line=24)),
        groups=(
            Group(
                "database",
                (
                    PlannedVm("db1", line=28),
                    PlannedVm("db2", ("db1",), 900, 2, 30, True, 20, 15, line=29),
                ),
                before=(
                    Step("Is the primary site really down?", Approval("Is the primary site really down?\n"), line=38),
                ),
                line=26,
            ),
            Group(
                "web",
                (PlannedVm("web1", line=47),),
                priority=2,
                depends_on=("database",),
                timeout_s=1800,
                rto_minutes=30,
                on_error="continue",
                after=(
                    Step(
                        "GET http://10.0.0.5:8080/health",
                        HttpCheck("http://10.0.0.5:8080/health?token=hidden"),
                        line=49,
                    ),
                    Step("GET https://10.0.0.5/", HttpCheck("https://10.0.0.5/", (200, 204), "ok", False), line=50),
                    Step("playbook smoke.yml", Playbook("smoke.yml"), line=51),
                    Step(
                        "playbook smoke.yml (2)",
                        Playbook("smoke.yml", "a,b", {"level": 3, "names": ["x"]}),
                        line=52,
                    ),
                    Step("network dr-edge.yml", NetworkChange("dr-edge.yml"), line=53),
                    Step("network dr-edge.yml (2)", NetworkChange("dr-edge.yml", "home-edge.yml"), line=54),
                ),
                line=41,
            ),
        ),
        path=path,
        digest=hashlib.sha256(WHOLE.encode()).hexdigest(),
    )


def test_a_small_plan_has_the_defaults_of_the_data_classes() -> None:
    groups = (Group("g", (PlannedVm("a", line=4),), line=3),)
    assert parse_plan(SMALL) == RecoveryPlan("p", groups, digest=hashlib.sha256(SMALL.encode()).hexdigest())


def test_all_problems_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    text = textwrap.dedent("""\
        name: payroll
        max_concurent: 20
        on_error: stopp
        groups:
          - name: database
            depends_on: [wbe, db2]
            vms:
              - db1
              - 12
              - name: db2
                depends_on: [db1, web, db1]
                retries: x
                retry_delay_s: .nan
              - nme: db3
              - db1
          - name: web
            priority: 0
            vms: []
            before:
              - approval: Is it?
                command: 'x "'
              - name: a
              - {name: a, delay_s: 1:30}
            after:
              - command: ./missing.sh
        rto_minutes: 1
        rto_minutes: 2
        """)
    path = written(tmp_path, text)
    lines = [line.replace(str(tmp_path), "") for line in problems(text, path)]
    works = "a step must have exactly one of command, playbook, http, approval, delay_s, network; it has"
    assert lines == [
        "/plan.yml:2: max_concurent: unknown key; did you mean 'max_concurrent'?",
        "/plan.yml:3: on_error: 'stopp' is not one of stop, continue, roll_back (did you mean 'stop'?)",
        "/plan.yml:6: groups[0].depends_on[0]: group 'wbe' is not in the plan; did you mean 'web'?",
        "/plan.yml:6: groups[0].depends_on[1]: group 'db2' is not in the plan; 'db2' is a VM",
        "/plan.yml:9: groups[0].vms[1]: a string or a mapping was expected, not a number: put the value in quotes",
        "/plan.yml:11: groups[0].vms[2].depends_on[2]: 'db1' appears twice",
        "/plan.yml:11: groups[0].vms[2].depends_on[1]: VM 'web' is not in the plan; 'web' is a group",
        "/plan.yml:12: groups[0].vms[2].retries: 'x' is not a whole number",
        "/plan.yml:13: groups[0].vms[2].retry_delay_s: .nan is not a finite number",
        "/plan.yml:14: groups[0].vms[3].nme: unknown key; did you mean 'name'?",
        "/plan.yml:14: groups[0].vms[3]: 'name' is missing",
        "/plan.yml:15: groups[0].vms[4]: the name 'db1' is already used in line 8",
        "/plan.yml:17: groups[1].priority: 0 is out of range; it must be from 1 to 1000000",
        "/plan.yml:18: groups[1].vms: is empty",
        f"/plan.yml:20: groups[1].before[0]: {works} command and approval",
        "/plan.yml:21: groups[1].before[0].command: has an unclosed quote",
        f"/plan.yml:22: groups[1].before[1]: {works} none",
        "/plan.yml:23: groups[1].before[2].delay_s: Ansible reads this as a number (YAML 1.1): put it in quotes",
        "/plan.yml:23: groups[1].before[2]: the name 'a' is already used in line 22",
        "/plan.yml:25: groups[1].after[0].command: file './missing.sh' does not exist in '', the folder of the plan",
        "/plan.yml:27: rto_minutes: is a duplicate of line 26",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "plan.yml:1: the plan is empty; a plan needs a name and groups"),
        ("# nothing\n", "plan.yml:1: the plan is empty; a plan needs a name and groups"),
        ("- a\n", "plan.yml:1: a mapping was expected, not a list"),
        ("payroll", "plan.yml:1: 'payroll' is not a mapping"),
        ("name: [", "plan.yml:1: expected the node content, but found '<stream end>' (column 8)"),
        ("[" * 1000, "plan.yml:1: it is nested more than 50 levels deep (column 51)"),
        (SMALL + "- name: g\n  vms: [b]\n", "plan.yml:5: groups[1]: the name 'g' is already used in line 3"),
        (
            SMALL + "- name: h\n  vms: [b, {name: a}]\n",
            "plan.yml:6: groups[1].vms[1]: the name 'a' is already",
        ),
        (
            SMALL + "  depends_on: [g]\n",
            "plan.yml:3: circular dependency: group g (line 3) waits for group g",
        ),
        (SMALL + "before: [{command: '  '}]", "plan.yml:5: before[0].command: must name a program"),
        (SMALL + "before: [{command: ['', x]}]", "plan.yml:5: before[0].command: must name a program"),
        (SMALL + "before: [{http: 'ftp://a'}]", "plan.yml:5: before[0].http: must be an http:// or https:// URL"),
        (
            SMALL + "before: [{http: 'http://me:secret@a/'}]",
            "plan.yml:5: before[0].http: must be an http:// or https:// URL",
        ),
        (SMALL + "before: [{http: 'http://a:99999/'}]", "plan.yml:5: before[0].http: the host or port of the URL"),
        (SMALL + "before: [{http: 'http://:80/'}]", "plan.yml:5: before[0].http: the host or port of the URL"),
        (SMALL + "before: [{http: 'http://[::1/'}]", "plan.yml:5: before[0].http: the host or port of the URL"),
        (SMALL + "before: [{approval: ' '}]", "plan.yml:5: before[0].approval: must not be blank"),
        (
            SMALL + "before: [{delay_s: 0}]",
            "plan.yml:5: before[0].delay_s: 0 is out of range; it must be greater than 0 and at most 86400",
        ),
        (SMALL + "before: [{delay_s: 1, only: []}]", "plan.yml:5: before[0].only: is empty"),
        (
            SMALL + "before: [{delay_s: 1, only: [restore]}]",
            "plan.yml:5: before[0].only[0]: 'restore' is not one of test",
        ),
        (
            SMALL + "before: [{delay_s: 1, on_error: roll_back}]",
            "plan.yml:5: before[0].on_error: 'roll_back' is not",
        ),
    ],
)
def test_one_message_for_one_problem(text: str, message: str) -> None:
    (line,) = problems(text)
    assert line.startswith(message)


def test_problems_of_a_plan_without_a_path_have_lines() -> None:
    assert problems("name: p\ngroups: 3", "") == ["line 2: groups: 3 is not a list"]


def test_the_field_of_the_error_is_the_first_location() -> None:
    with pytest.raises(SpecError) as caught:
        parse_plan("name: p\ngroups: 3", "plan.yml")
    assert caught.value.as_dict() == {
        "error": "SpecError",
        "message": "plan.yml:2: groups: 3 is not a list",
        "hint": "",
        "field": "plan.yml:2: groups",
        "reason": "3 is not a list",
        "problems": [{"path": "groups", "reason": "3 is not a list", "file": "plan.yml", "line": 2}],
    }


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("command: [./absent.sh]", "before[0].command: file './absent.sh' does not exist in"),
        ("command: [./smoke.yml]", "before[0].command: ./smoke.yml is not executable; run `chmod +x ./smoke.yml`"),
        ("command: /absent/program", "before[0].command: file '/absent/program' does not exist"),
        ("playbook: absent.yml", "before[0].playbook: file 'absent.yml' does not exist in"),
        ("playbook: {path: smoke.yml, inventory: hosts}", "before[0].playbook.inventory: file 'hosts' does not exist"),
        ("network: absent.yml", "before[0].network: file 'absent.yml' does not exist in"),
        (
            "network: {document: dr-edge.yml, rollback: absent.yml}",
            "before[0].network.rollback: file 'absent.yml' does not exist in",
        ),
        ("network: " + "x" * 300, "before[0].network: file 'xxx"),
        ("network: .", "before[0].network: file '.' does not exist in"),
        ("network: smoke.yml", "smoke.yml:1: not an edge document: a mapping with sections was expected"),
        ("network: quiesce.sh", "not an edge document"),
        ("network: none.yml", "none.yml is not an edge document: it has none of the sections firewall, nat, ipsec"),
        ("network: broken.yml", "broken.yml:2: expected"),
    ],
)
def test_problems_with_files_of_a_plan(folder: Path, step: str, message: str) -> None:
    (folder / "none.yml").write_text("edge: web\n", encoding="utf-8")
    (folder / "broken.yml").write_text("firewall: {{}\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_plan(written(folder, f"{SMALL}before:\n- {step}\n"))
    assert "\n" not in str(caught.value)
    assert caught.value.field.startswith(f"{folder}/plan.yml:6: before[0]")
    assert message in str(caught.value)


def test_programs_without_a_folder_and_inventories_of_names_or_folders_need_no_file(folder: Path) -> None:
    steps = "before:\n- command: true\n- playbook: {path: smoke.yml, inventory: 'a,'}\n"
    steps += f"- playbook: {{path: smoke.yml, inventory: .}}\n- command: [{sys.executable}]\n"
    plan = load_plan(written(folder, SMALL + steps.replace("command: true", "command: 'true'")))
    assert [step.name for step in plan.before] == [
        "run true", "playbook smoke.yml", "playbook smoke.yml (2)", f"run {Path(sys.executable).name}",
    ]  # fmt: skip


def test_generated_names_of_steps_do_not_collide_with_names_of_the_plan() -> None:
    plan = parse_plan(SMALL + "before:\n- delay_s: 1\n- {delay_s: 2, name: wait 1 s}\n- delay_s: 1\n")
    assert [step.name for step in plan.before] == ["wait 1 s (2)", "wait 1 s", "wait 1 s (3)"]


def test_a_step_before_and_one_after_can_share_a_name() -> None:
    plan = parse_plan(SMALL + "before: [{name: a, delay_s: 1}]\nafter: [{name: a, delay_s: 1}]\n")
    assert plan.before[0].name == plan.after[0].name == "a"


def test_yaml_anchors_and_merge_keys() -> None:
    plan = parse_plan("name: p\ngroups:\n- name: g\n  vms:\n  - &m {name: a, retries: 3}\n  - {<<: *m, name: b}\n")
    assert [(vm.name, vm.retries, vm.line) for vm in plan.vms] == [("a", 3, 5), ("b", 3, 6)]


@pytest.mark.parametrize("name", ["absent.yml", ".", "plan.yml\0"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"The recovery plan .* cannot be read"):
        load_plan(str(tmp_path) + "/" + name)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "plan.yml").write_bytes("name: büro".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="it is not UTF-8 text"):
        load_plan(str(tmp_path / "plan.yml"))


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "plan.yml").write_text(SMALL, encoding="utf-8-sig")
    assert load_plan(str(tmp_path / "plan.yml")).name == "p"


def test_large_files_are_rejected() -> None:
    with pytest.raises(SpecError, match="/dev/zero: the recovery plan is larger than 1,000,000 bytes"):
        load_plan("/dev/zero")
    with pytest.raises(SpecError, match="larger than 1,000,000 bytes"):
        parse_plan("#" + "ü" * 500_000)


def test_too_many_vms_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_validation, "MAX_VMS", 3)
    assert parse_plan("name: p\ngroups:\n- {name: g, vms: [a, b]}").name == "p"
    (line,) = problems("name: p\ngroups:\n- {name: g, vms: [a, b, c]}")
    assert "the plan has more than 3 groups and VMs" in line


def test_long_lists_of_problems_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "MAX_SHOWN_IN_DOCUMENTS", 2)
    lines = problems("name: p\na: 1\nb: 1\nc: 1\n")
    assert lines[0].startswith("plan.yml:1: 'groups' is missing")
    assert lines[2:] == ["and 2 more"]


def test_without_jsonschema_the_hint_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    plan_schema._validator.cache_clear()
    with pytest.raises(ConfigurationError) as caught:
        parse_plan(SMALL)
    assert caught.value.hint == install_hint("dr")
