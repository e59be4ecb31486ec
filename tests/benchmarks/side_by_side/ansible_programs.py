"""Contenders that run Ansible: playbooks and inventories."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.side_by_side.contenders import rules
from tests.benchmarks.side_by_side.contestants import ContestantError, Program, Turn
from tests.support.ansible import BIN, Run, environment
from tests.support.recorded import CALLBACKS, Recorded

PLUGINS = Path(__file__).parent / "plugins"
RULE = "vcloudair.cloud.vca_firewall_rule"
COMMIT = "vcloudair.cloud.vca_edge_commit"
PING = "ansible.builtin.ping"
DEBUG = "ansible.builtin.debug"


class Tasks(Program):
    """A contender that runs a playbook with ``size`` tasks.

    The measured time excludes the startup of Ansible. ``action`` is the name of the action that all tasks run. If
    ``in_controller`` is true, an action of this collection runs in the controller process instead of a module process.
    If the tasks stage their changes, a final task commits them. Its time is not measured.
    """

    def __init__(
        self, action: str, variables: Mapping[str, Any], env: Mapping[str, str], folder: Path, *, in_controller: bool
    ) -> None:
        self._action, self._given = action, variables
        self._record = folder / "tasks.recorded"
        play = folder / "tasks.yml"
        tasks: list[dict[str, Any]] = [{action: self._options(number)} for number in range(variables["size"])]
        if variables.get("staged"):
            tasks.append({COMMIT: {}})
        play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        recording = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS), "ANSIBLE_CALLBACKS_ENABLED": "recorder"}
        way = {"VCA_IN_CONTROLLER": str(in_controller).lower(), "RECORDER_FILE": str(self._record)}
        whole = {**environment(env, folder), **recording, **way}
        super().__init__([str(BIN / "ansible-playbook"), str(play)], whole, folder / "tasks.log")

    def _options(self, number: int) -> dict[str, Any]:
        if self._action != RULE:
            return {}
        words = rules.in_words(number + 2, backend=self._given.get("backend", ""))[
            number
        ]  # The action of the last rule changes with every turn.
        return {**words, "edge": self._given["edge"], **({"stage": True} if self._given.get("staged") else {})}

    def turn(self, number: int) -> Turn:
        self._record.unlink(missing_ok=True)
        turn = super().turn(number)
        recorded = Recorded(
            Run(0, ""), [json.loads(line) for line in self._record.read_text(encoding="utf-8").splitlines()]
        )
        seconds = [passed for action, passed in recorded.seconds() if action == self._action]
        results = [line["result"] for line in recorded.results(action=self._action)]
        wrong = [one for one in results if self._action == RULE and one["changed"] != self._given["changed"]]
        if wrong or len(seconds) != self._given["size"]:
            raise ContestantError(f"{len(seconds)} tasks, {len(wrong)} with another result: {wrong[:1]}")
        return Turn(sum(seconds), len(seconds), turn.peak_mb)


class Inventory(Program):
    """A contender that runs ``ansible-inventory --list`` for one file.

    The result of a turn is the number of hosts.
    """

    def __init__(self, file: Path, env: Mapping[str, str], folder: Path) -> None:
        self._list = folder / f"{file.stem}.json"
        command = [str(BIN / "ansible-inventory"), "-i", str(file), "--list", "--output", str(self._list)]
        plugins = {"ANSIBLE_INVENTORY_PLUGINS": str(PLUGINS)} if file.name.endswith(".minimal.yml") else {}
        enabled = {"ANSIBLE_INVENTORY_ENABLED": "minimal"} if plugins else {}
        whole = {**environment(env, folder), "VCA_SESSION_CACHE": "false", **plugins, **enabled}
        super().__init__(command, whole, folder / "inventory.log")

    def found(self) -> Any:
        return len(json.loads(self._list.read_text(encoding="utf-8"))["_meta"]["hostvars"])
