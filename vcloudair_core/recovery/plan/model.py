"""A recovery plan as values: groups of VMs, what depends on what, and what is done around them.

Nothing here reads files or talks to anybody: :mod:`.plan_file` makes plans of YAML, :mod:`.group_order` finds cycles,
:mod:`vcloudair_core.recovery.run` carries plans out. Times are in seconds unless the name says minutes or days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.services.dr.operation_options import CONTINUE, STOP


@dataclass(frozen=True)
class Command:
    """A program on this host, without a shell. It has succeeded when its exit status is 0."""

    argv: tuple[str, ...]


@dataclass(frozen=True)
class Playbook:
    """An Ansible playbook, run by the ``ansible-playbook`` of this host. Paths are relative to the plan's folder."""

    path: str
    inventory: str = ""
    extra_vars: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpCheck:
    """A GET that has to be answered with one of ``statuses``, and a body with ``contains`` in it if that is given.

    Nobody's token is sent with it.
    """

    url: str
    statuses: tuple[int, ...] = (200,)
    contains: str = ""
    validate_certs: bool = True


@dataclass(frozen=True)
class Approval:
    """A question that a person has to say yes to."""

    text: str


@dataclass(frozen=True)
class Delay:
    """Time that has to pass."""

    seconds: float


@dataclass(frozen=True)
class NetworkChange:
    """An edge gateway brought to a document (see ``vca edge apply``), whose sections it replaces.

    It is switched back when a test is cleaned up or rolled back: to the document ``back``, or without one to what the
    sections held before. Paths are relative to the plan's folder.
    """

    document: str
    back: str = ""


@dataclass(frozen=True)
class SwitchBack:
    """A network change that is taken back, to a document. No file has it: a clean-up or a roll-back makes it.

    ``change``: which one, as its run and the key of its step.
    """

    document: str
    change: str


Work = Command | Playbook | HttpCheck | Approval | Delay | NetworkChange | SwitchBack


@dataclass(frozen=True)
class Step:
    """Something that is done before or after VMs.

    ``only``: the actions that it is part of; a clean-up has no steps unless they say so, but switches networks back.
    ``timeout_s``: of one try. ``retries``: further tries after a failed one, ``retry_delay_s`` apart. ``on_error``:
    empty means as the group or plan says. ``on_resume``: ``run`` it again when a run died in the middle of it, or
    ``fail``, for what must not be done twice. ``line``: where it stands in the plan's file, 0 when it has none.
    """

    name: str
    work: Work
    only: frozenset[str] = frozenset({"test", "failover"})
    timeout_s: float = 300.0
    retries: int = 0
    retry_delay_s: float = 10.0
    on_error: str = ""
    on_resume: str = "run"
    line: int = 0

    @property
    def kind(self) -> str:
        """``command``, ``playbook``, ``http``, ``approval``, ``delay`` or ``network``."""
        return _KINDS[type(self.work)]


_KINDS: dict[type, str] = {
    Command: "command", Playbook: "playbook", HttpCheck: "http", Approval: "approval", Delay: "delay",
    NetworkChange: "network", SwitchBack: "network",
}  # fmt: skip


@dataclass(frozen=True)
class PlannedVm:
    """One VM: ``name`` is that of the VM, or the UUID of its replication.

    ``depends_on`` names VMs of any group that have to be there first. ``vm_timeout``: of one attempt, None for no limit
    but that of a task without any change. ``retries``: further tries after a failed one. ``power_on``: None means as
    the plan says.
    """

    name: str
    depends_on: tuple[str, ...] = ()
    vm_timeout: float | None = None
    retries: int = 0
    retry_delay_s: float = 10.0
    power_on: bool | None = None
    rto_minutes: float | None = None
    rpo_minutes: float | None = None
    line: int = 0


@dataclass(frozen=True)
class Group:
    """VMs that belong together. Groups of a lower ``priority`` are over before those of a higher one begin.

    ``depends_on`` names groups. ``before`` and ``after`` are done in order, around the VMs. ``timeout_s`` is for
    the VMs of the group together. ``on_error``: empty means as the plan says.
    """

    name: str
    vms: tuple[PlannedVm, ...]
    priority: int = 1
    depends_on: tuple[str, ...] = ()
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    timeout_s: float | None = None
    on_error: str = ""
    rto_minutes: float | None = None
    line: int = 0


@dataclass(frozen=True)
class RecoveryPlan:
    """A whole plan. ``path`` and ``digest`` (SHA-256 of its text) are empty for one that was not read from a file.

    ``all_vms``: the plan is for all that is replicated; its only group gets its VMs when a run starts.
    ``on_unknown``: what to do with a VM whose action may or may not have been started: ``fail``, so that somebody
    decides, or ``start`` it again. ``vm_timeout``: of one try of a VM that says nothing itself.
    ``test_max_age_days``: how old the last successful test may be for the plan to count as ready.
    """

    name: str
    groups: tuple[Group, ...]
    description: str = ""
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    rto_minutes: float | None = None
    rpo_minutes: float | None = None
    test_max_age_days: float | None = None
    max_concurrent: int = 20
    on_error: str = STOP
    power_on: bool = True
    synchronize: bool = False
    stuck_after: float = 600.0
    on_unknown: str = "fail"
    all_vms: bool = False
    vm_timeout: float | None = None
    path: str = ""
    digest: str = ""

    @property
    def vms(self) -> tuple[PlannedVm, ...]:
        """The VMs of all groups, in the order of the file."""
        return tuple(vm for group in self.groups for vm in group.vms)


def plan_of_vms(names: Sequence[str] | None, **fields: Any) -> RecoveryPlan:
    """Return a plan with one group of these VMs, which run at the same time.

    Args:
        names: Names of VMs or UUIDs of replications; None selects all replicated VMs.
        fields: Other fields of the plan. ``on_error`` is ``continue`` by default.
    """
    vms = tuple(PlannedVm(name) for name in dict.fromkeys(names or ()))
    fields.setdefault("on_error", CONTINUE)
    return RecoveryPlan(fields.pop("name", ""), (Group("vms", vms),), all_vms=names is None, **fields)
