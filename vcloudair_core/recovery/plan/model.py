"""Data classes of a recovery plan: groups of VMs, dependencies, and steps.

:mod:`.plan_file` reads plans from YAML, :mod:`.group_order` detects cycles, and :mod:`vcloudair_core.recovery.run`
runs plans. Times are in seconds unless the name says minutes or days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.services.dr.network_mapping import NicMapping
from vcloudair_core.services.dr.operation_options import CONTINUE, LATEST, STOP


@dataclass(frozen=True)
class Command:
    """A program on this host, run without a shell. Exit status 0 is success."""

    argv: tuple[str, ...]


@dataclass(frozen=True)
class Playbook:
    """An Ansible playbook that ``ansible-playbook`` runs on this host.

    Paths are relative to the folder of the plan.
    """

    path: str
    inventory: str = ""
    extra_vars: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpCheck:
    """A GET request that must return one of ``statuses``.

    If ``contains`` is set, the body must contain that text.

    The request is sent without a token.
    """

    url: str
    statuses: tuple[int, ...] = (200,)
    contains: str = ""
    validate_certs: bool = True


@dataclass(frozen=True)
class Approval:
    """A question that a user must answer with yes."""

    text: str


@dataclass(frozen=True)
class Delay:
    """A pause in the run."""

    seconds: float


@dataclass(frozen=True)
class NetworkChange:
    """An edge document to apply.

    The sections of the document replace the sections of the edge, as with ``vca edge apply``.

    The cleanup or rollback of a test restores the edge from the document ``rollback``. If ``rollback`` is empty, the
    edge is restored from the sections that were saved before the change. Paths are relative to the folder of the plan.
    """

    document: str
    rollback: str = ""


@dataclass(frozen=True)
class NetworkRestore:
    """A step that restores an edge from a document.

    A cleanup or rollback creates this step. Plan files cannot contain it.

    ``change`` identifies the network change to undo, as ``<run ID>/<step key>``.
    """

    document: str
    change: str


Work = Command | Playbook | HttpCheck | Approval | Delay | NetworkChange | NetworkRestore


@dataclass(frozen=True)
class Step:
    """A step that runs before or after the VMs of a group or plan.

    Attributes:
        name: The name of the step, unique in its list of steps.
        work: What the step does: run a command or playbook, check a URL, ask for approval, wait, or change a network.
        only: The actions that run the step. The default is ``test``, ``failover`` and ``migrate``. A cleanup restores
            networks even if no step has the action ``cleanup``.
        timeout_s: The time limit of one attempt.
        retries: The number of further attempts after a failure.
        retry_delay_s: The pause between attempts.
        on_error: ``stop`` or ``continue``. If empty, the setting of the group or plan applies.
        on_resume: The behavior when a run that died during the step is resumed. ``run`` runs the step again. ``fail``
            marks the step as failed, because it must not run twice.
        line: The line in the plan file, or 0 if the plan has no file.
    """

    name: str
    work: Work
    only: frozenset[str] = frozenset({"test", "failover", "migrate"})
    timeout_s: float = 300.0
    retries: int = 0
    retry_delay_s: float = 10.0
    on_error: str = ""
    on_resume: str = "run"
    line: int = 0

    @property
    def kind(self) -> str:
        """Return the kind of the step, such as ``command`` or ``playbook``.

        Other kinds are ``http``, ``approval``, ``delay`` and ``network``.
        """
        return _KINDS[type(self.work)]


_KINDS: dict[type, str] = {
    Command: "command", Playbook: "playbook", HttpCheck: "http", Approval: "approval", Delay: "delay",
    NetworkChange: "network", NetworkRestore: "network",
}  # fmt: skip


@dataclass(frozen=True)
class PlannedVm:
    """A VM of a plan.

    Attributes:
        name: The name of the VM, or the UUID of its replication.
        depends_on: VMs of any group that must be recovered first.
        vm_timeout: The time limit of one attempt. If None, only ``stuck_after`` of the plan applies.
        retries: The number of further attempts after a failure.
        retry_delay_s: The pause between attempts.
        power_on: Power on the VM after its recovery. If None, the setting of the plan applies.
        point: The point in time to recover to. If empty, the setting of the plan applies.
        networks: The networks and addresses of the interfaces. Interfaces without an entry are not changed.
        rto_minutes: The recovery time objective.
        rpo_minutes: The recovery point objective.
        line: The line in the plan file, or 0 if the plan has no file.
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
    point: str = ""
    networks: tuple[NicMapping, ...] = ()


@dataclass(frozen=True)
class Group:
    """A group of VMs.

    A group starts when all groups of a lower ``priority`` have ended.

    ``depends_on`` contains names of groups. ``before`` and ``after`` are the steps that run before and after the
    operations on the VMs, in order. ``timeout_s`` limits the total time of the VMs of the group. If ``on_error`` is
    empty, the setting of the plan applies.
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
    """A recovery plan.

    ``path`` and ``digest`` (SHA-256 of the text) are empty if the plan has no file.

    If ``all_vms`` is true, the plan covers all replicated VMs. Its only group receives its VMs when a run starts.
    ``on_unknown`` is the policy when the start of an action is uncertain: ``fail`` leaves the decision to the user,
    ``start`` starts the action again. ``vm_timeout`` is the time limit of one attempt, for VMs without their own limit.
    ``synchronize`` transfers the newest data before a test. ``point`` is ``latest``, the ID of a point in time, or a
    time in ISO 8601. ``provider`` is the DR API, ``vr`` or ``vcda``; if it is empty, the settings select the API.
    The plan is ready only if the last successful test is at most ``test_max_age_days`` days old.
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
    point: str = LATEST
    provider: str = ""
    stuck_after: float = 600.0
    on_unknown: str = "fail"
    all_vms: bool = False
    vm_timeout: float | None = None
    path: str = ""
    digest: str = ""

    @property
    def vms(self) -> tuple[PlannedVm, ...]:
        """Return the VMs of all groups, in the order of the file."""
        return tuple(vm for group in self.groups for vm in group.vms)


def plan_of_vms(names: Sequence[str] | None, **fields: Any) -> RecoveryPlan:
    """Return a plan with these VMs in one group. The VMs start at the same time.

    Args:
        names: Names of VMs or UUIDs of replications. None selects all replicated VMs.
        fields: Other fields of the plan. ``on_error`` is ``continue`` by default.
    """
    vms = tuple(PlannedVm(name) for name in dict.fromkeys(names or ()))
    fields.setdefault("on_error", CONTINUE)
    return RecoveryPlan(fields.pop("name", ""), (Group("vms", vms),), all_vms=names is None, **fields)
