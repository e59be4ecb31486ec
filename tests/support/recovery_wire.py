"""A simulated cloud for tests that send plain HTTP requests, without the client."""

from __future__ import annotations

from typing import Any

from lxml import etree

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.entities import SimulatedReplication
from vcloudair_core.transport.messages import Response

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
VR = "{http://www.vmware.com/vr/v6.0}"
BODY = (
    '<TestFailoverParams xmlns="http://www.vmware.com/vr/v6.0"><PowerOn>1</PowerOn>'
    "<Synchronize> false </Synchronize></TestFailoverParams>"
)
FAILOVER = "application/vnd.vmware.hcs.failoverParams+xml"


class Cloud:
    """A cloud with one replicated VM, read over HTTP."""

    def __init__(self, **config: Any) -> None:
        words = {"profile": "vcd", "replications": 1, "dr_task_s": 10.0, **config}
        self.simulator = Simulator(SimulatorConfig(**words))
        self.caller: Caller = signed_in(self.simulator, version="9.0")

    @property
    def replication(self) -> SimulatedReplication:
        return next(iter(self.simulator.world.replications.values()))

    @property
    def path(self) -> str:
        return f"/api/vr/replications/{self.replication.replication_id}"

    def act(self, action: str, body: str | None = None, content_type: str = "") -> Response:
        if action == "testCleanup":
            return self.caller.send("POST", f"{self.path}/action/{action}")
        given = content_type or f"application/vnd.vmware.hcs.{action}Params+xml"
        text = (BODY if action == "testFailover" else BODY.replace("Test", "")) if body is None else body
        return self.caller.send("POST", f"{self.path}/action/{action}", text, Content_Type=given)

    def began(self, action: str) -> Any:
        """Start an action and return its task. Assert that the action is accepted."""
        answer = self.act(action)
        assert answer.status == 200, answer.text
        return etree.fromstring(answer.body)

    def done(self, action: str) -> Any:
        """Run an action to its end and return its task."""
        task = self.began(action)
        self.simulator.clock.advance(11)
        return self.look(task)

    def look(self, task: Any) -> Any:
        return self.caller.xml(f"/api/task/{task.get('id')[-36:]}")

    def looks(self, task: Any, *moments: float) -> list[Any]:
        """Advance the clock by each of ``moments`` seconds, and read the task each time."""
        found = []
        for seconds in moments:
            self.simulator.clock.advance(seconds)
            found.append(self.look(task))
        return found

    def words(self) -> dict[str, str]:
        """Return the text of each child of the replication group, by element name."""
        root = self.caller.xml(self.path)
        return {etree.QName(child).localname: child.text or "" for child in root}

    def states(self) -> tuple[str, str]:
        found = self.words()
        return found["TestRecoveryState"], found["RecoveryState"]

    def machine(self) -> Any:
        """Return the query record of the VM, or None if the VM does not exist."""
        root = self.caller.xml(f"/api/query?type=vm&filter=name=={self.replication.name}")
        return root.find(f"{VCLOUD}VMRecord")


def progress_of(task: Any) -> str | None:
    found = task.find(f"{VCLOUD}Progress")
    return None if found is None else str(found.text)


def code_of(task: Any) -> str:
    return str(task.find(f"{VCLOUD}Error").get("vendorSpecificErrorCode"))


def listing(cloud: Cloud, query: str = "") -> Any:
    """Return a page of the list of replications."""
    return cloud.caller.xml(f"/api/org/{cloud.simulator.world.orgs['org1'].org_id}/replications{query}")
