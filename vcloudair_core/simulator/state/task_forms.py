"""Build documents of tasks.

Options select the format: a recorded format or another possible format. By default, the document of a queued task has
no Owner, Progress or Link element. The only recorded document of a queued task also lacks these elements.

Source: protocol/tasks.md §2, §3, protocol/dr.md §3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.state.simulated_tasks import LIFE, OVER, SimulatedTask, T
from vcloudair_core.simulator.state.world import World
from vcloudair_core.simulator.virtual_clock import timestamp_of
from vcloudair_core.simulator.xml_builder import element


def with_port(root: str, has_port: bool) -> str:
    """Return the URL ``root``, with ``:443`` if ``has_port`` is true.

    A URL that has a port or is not an HTTPS URL stays unchanged. Source: protocol/dr.md §2.
    """
    parts = urlsplit(root)
    if not has_port or parts.port is not None or parts.scheme != "https":
        return root
    return parts._replace(netloc=f"{parts.netloc}:443").geturl()


@dataclass(frozen=True)
class Form:
    """A builder for the document of a task at the time ``now``.

    The options in ``config`` select the format. Links in the document begin with ``root``.
    """

    config: SimulatorConfig
    world: World
    task: SimulatedTask
    now: float
    root: str

    @property
    def status(self) -> str:
        """Return the status of the task.

        In documents, options can replace the status with another name.
        """
        return self.task.status(self.now)

    def href(self, place: str = "href") -> str:
        """Return the URL of the task for the body or a header of a response.

        ``place`` is ``href`` (body) or ``location`` (header). The option ``task_port_443`` selects which URL contains
        ``:443``.
        """
        root = with_port(self.root, self.config.task_port_443 in (place, "both"))
        return f"{root}/api/task/{self.task.task_id}"

    def headers(self) -> dict[str, str]:
        """Return the headers of the response that starts the task."""
        return {} if self.config.task_links == "href" else {"Location": self.href("location")}

    def document(self, *, is_first: bool = False) -> Any:
        """Return the Task element.

        ``is_first`` is true in the response that starts the task. Depending on the options, this response has no
        ``href``.
        """
        config, status = self.config, self.status
        return element(
            "Task",
            self._attributes(status, is_first and config.task_links == "location"),
            self._cancel_link(status),
            self._owner() if status != "queued" or self._has_queued_owner() else None,
            element("Error", self.task.error) if status == "error" else None,
            *self._user_and_org(),
            self._progress_element(status),
            None if config.no_details else element("Details", None, self.task.details or None),
        )

    def _attributes(self, status: str, is_without_href: bool) -> dict[str, Any]:
        task, config = self.task, self.config
        statuses = {"queued": config.waiting_status, "running": config.running_status}
        is_over = status in OVER and not config.end_missing
        return {
            "name": "task",
            "id": f"urn:vcloud:task:{task.task_id}",
            "status": statuses.get(status, status),
            "cancelRequested": task.canceled is not None,
            "operation": task.operation,
            "operationName": task.operation_name,
            "serviceNamespace": task.namespace,
            "startTime": None if status == "queued" and config.start_missing else timestamp_of(task.started),
            "endTime": timestamp_of(task.ended()) if is_over else None,
            "expiryTime": timestamp_of(task.started + LIFE.total_seconds()),
            "href": None if is_without_href else self.href(),
            "type": f"{T}task+xml",
        }

    def _cancel_link(self, status: str) -> Any:
        """Return the link to cancel the task, or None.

        In a recorded response, a task that has ended also has the link. Source: protocol/tasks.md §2.2.
        """
        mode = self.config.cancel_link
        if mode == "never" or (mode == "while-running" and status != "running"):
            return None
        return element("Link", {"rel": "task:cancel", "href": f"{self.href()}/action/cancel"})

    def _has_queued_owner(self) -> bool:
        """Return True if the document of a queued task has an Owner.

        The recorded task without an Owner is from vCloud Air. NSX-T tasks always have an Owner (inferred).
        """
        return self.config.queued_owner == "present" or bool(self.task.owner.urn)

    def _owner(self) -> Any:
        owner = self.task.owner
        href = self.root + owner.path if owner.path else ""
        urn = owner.urn if owner.urn and self.config.task_owner_id else None
        return element("Owner", {"href": href, "id": urn, "name": owner.name, "type": owner.media_type})

    def _user_and_org(self) -> list[Any]:
        task, org = self.task, self.world.orgs[self.task.org]
        user = f"{self.root}/api/admin/user/{self.world.user_named(task.user, task.org).user_id}"
        return [
            element("User", {"href": user, "name": task.user, "type": "application/vnd.vmware.admin.user+xml"}),
            element(
                "Organization",
                {"href": f"{self.root}/api/org/{org.org_id}", "name": org.name, "type": f"{T}org+xml"},
            ),
        ]

    def _progress_element(self, status: str) -> Any:
        value = self.progress()
        return None if value is None else element("Progress", None, value)

    def progress(self) -> int | None:
        """Return the progress in percent, or None to omit the Progress element.

        On real servers, the progress does not show how much of the task is complete. Source:
        protocol/recorded-responses.md §6.
        """
        mode, status = self.config.progress_mode, self.status
        if mode == "absent":
            return None
        if status == "queued":
            return None if self.config.queued_progress == "absent" else 0
        if status == "error":
            return self.config.progress_on_error
        if status == "success":
            return 0 if mode == "zero-to-success" else 100
        if self.task.progress is not None:
            return self.task.progress
        share = min(99, int(100 * self.task.share(self.now)))
        return {"zero-to-success": 0, "100-while-running": 100, "stuck": 50}.get(mode, share)
