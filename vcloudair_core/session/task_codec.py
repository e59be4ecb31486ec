"""Decoding of vCloud ``Task`` documents. Source: protocol/tasks.md §1, §2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.session.error_codec import decode_error_element
from vcloudair_core.util.xml import local, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

SUCCEEDED = "success"
FAILED = frozenset({"error", "canceled", "aborted"})
"""Final statuses of tasks that did not succeed.

Any other status means that the task is still active.

Source: protocol/tasks.md §3.
"""


@dataclass(frozen=True)
class Task:
    """Last known state of an asynchronous server task.

    Times are strings in the format of the server.

    ``progress`` is a percentage, for display only. Servers send 100 for some running tasks, and 1 for some failed
    tasks. ``owner_id`` is the URN of the object that the task changes; older servers do not send it. ``vendor_code``
    is the more specific error code of an extension, such as ``AlreadyRecovered``.
    """

    href: str
    status: str
    id: str = ""
    operation: str = ""
    operation_name: str = ""
    progress: int | None = None
    error_message: str = ""
    error_code: str = ""
    vendor_code: str = ""
    owner_name: str = ""
    owner_href: str = ""
    owner_id: str = ""
    start: str = ""
    end: str = ""
    is_cancel_requested: bool = False

    @property
    def is_finished(self) -> bool:
        """True if the task has reached a final status."""
        return self.is_successful or self.is_failed

    @property
    def is_successful(self) -> bool:
        return self.status.lower() == SUCCEEDED

    @property
    def is_failed(self) -> bool:
        """True for the statuses error, canceled and aborted."""
        return self.status.lower() in FAILED

    @property
    def error(self) -> str:
        """Error message with the server's error codes, or "" if the task did not fail."""
        codes = ", ".join(filter(None, (self.error_code, self.vendor_code)))
        code = f" [{codes}]" if codes else ""
        return f"{self.error_message}{code}".strip()

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are not empty, and ``is_finished``."""
        shown = {name: value for name, value in vars(self).items() if value not in ("", None, False)}
        return shown | {"is_finished": self.is_finished}


def decode_tasks(body: bytes) -> list[Task]:
    """Return the tasks in a response body.

    The root element is a task, or an entity with ``Tasks``.

    Source: protocol/tasks.md §1.

    Raises: DecodeError if the body is not XML.
    """
    root = parse(body, what="the task")
    if local(root) == "Task":
        return [task_of_element(root)]
    lists = [child for child in root if local(child) == "Tasks"]
    return [task_of_element(entry) for tasks in lists for entry in tasks if local(entry) == "Task"]


def decode_task(body: bytes) -> Task | None:
    """Return the first unfinished task in a response body.

    If all tasks are finished, return the first task. If there is no task, return None. Raises DecodeError if the body
    is not XML.
    """
    tasks = decode_tasks(body)
    return next((task for task in tasks if not task.is_finished), tasks[0] if tasks else None)


def task_of_element(element: _Element) -> Task:
    """Decode a ``Task`` element.

    Owner, Progress and times can be missing, for example in the response that starts the task.
    """
    children = {local(child): child for child in element}
    owner, fault = children.get("Owner"), children.get("Error")
    error = decode_error_element(fault) if fault is not None else None
    progress = children.get("Progress")
    return Task(
        href=element.get("href", ""),
        status=element.get("status", "").strip(),
        id=element.get("id", ""),
        operation=element.get("operation", "").strip(),
        operation_name=element.get("operationName", "").strip(),
        progress=_percent(progress.text if progress is not None else None),
        error_message=error.message if error else "",
        error_code=error.code if error else "",
        vendor_code=fault.get("vendorSpecificErrorCode", "") if fault is not None else "",
        owner_name=(owner.get("name", "") if owner is not None else "").strip(),
        owner_href=owner.get("href", "") if owner is not None else "",
        owner_id=owner.get("id", "") if owner is not None else "",
        start=element.get("startTime", ""),
        end=element.get("endTime", ""),
        is_cancel_requested=element.get("cancelRequested", "").strip().lower() in ("true", "1"),
    )


def _percent(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isdecimal() and len(text) <= 3 else None
