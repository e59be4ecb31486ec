"""Objects of the simulated VMware Cloud Director Availability, as plain data.

Source: protocol/vcda.md §3, §5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NOT_STARTED, IN_PROGRESS, TEST, COMPLETE = "NOT_STARTED", "IN_PROGRESS", "TEST", "COMPLETE"
"""Values of ``recoveryState``."""
RUNNING, SUCCEEDED, FAILED = "RUNNING", "SUCCEEDED", "FAILED"
"""Values of the state of a task."""


@dataclass
class ReplicationEnd:
    """The source or the destination of a replication.

    ``vapp_id`` and ``vapp_name`` identify the vApp at the source, or the recovered vApp at the destination.
    """

    site: str
    org: str
    vdc_id: str
    vapp_id: str = ""
    vapp_name: str = ""


@dataclass
class SimulatedInstance:
    """A point in time to which a VM can be recovered.

    ``timestamp`` is in seconds since 1970.
    """

    key: str
    timestamp: float
    sequence: int
    quiesced_type: str = "none"
    transfer_bytes: int = 512000
    transfer_seconds: int = 4
    is_pinned: bool = False


@dataclass
class SimulatedVmReplication:
    """The replication of one VM.

    ``vm_id`` is the ID of the source VM. ``hardware`` and ``nics`` describe the VM at the last synchronization, so
    that the VM can be recovered without its source.
    """

    replication_id: str
    vapp_replication_id: str
    vm_name: str
    vm_id: str
    source: ReplicationEnd
    destination: ReplicationEnd
    hardware: dict[str, Any] = field(default_factory=dict)
    nics: list[dict[str, Any]] = field(default_factory=list)
    rpo_minutes: int = 240
    description: str = ""
    is_quiesced: bool = False
    connection_type: str = "ENCRYPTED_COMPRESSED"
    retention: list[dict[str, int]] = field(default_factory=lambda: [{"numberOfInstances": 4, "distance": 360}])
    instances: list[SimulatedInstance] = field(default_factory=list)
    next_sequence: int = 1
    is_migration: bool = False
    is_paused: bool = False
    is_reversed: bool = False
    recovery_state: str = NOT_STARTED
    recovered_vm_id: str = ""
    recovered_vapp_id: str = ""
    recovered_instance: str = ""
    """Key of the instance to which the VM was recovered."""
    recovery_count: int = 0
    """Number of VMs that were recovered, including test VMs."""
    task_id: str = ""
    """ID of the running task, or an empty string."""
    trouble: str = ""
    """Way in which the next operation fails. See ``operation_states``."""
    is_peer_down: bool = False
    """True if the source site of this replication cannot be reached."""
    lag_minutes: int | None = None
    """Age of the newest instance, in minutes.

    If set, no new instances are created.
    """
    health: str = ""
    """Value of ``overallHealth``.

    If empty, the state of the replication selects the value.
    """
    last_error: dict[str, Any] | None = None
    changed: float = 0.0
    """Time of the last change of the state, in seconds since 1970."""
    network_settings: dict[str, Any] = field(default_factory=dict)
    """``vmNetworkSettings`` of ``failoverSettings`` and of ``failoverTestSettings``."""
    hidden_until: float = 0.0
    hidden_document: dict[str, Any] = field(default_factory=dict)
    """Document that reads show until ``hidden_until``."""
    lagging_reads: int = 0
    lagging_document: dict[str, Any] = field(default_factory=dict)
    """Document that the next ``lagging_reads`` reads show."""


@dataclass
class SimulatedVappReplication:
    """The replication of a vApp, which contains the replications of its VMs.

    ``is_standalone`` is true for a VM without a vApp. Source: protocol/vcda.md §3.
    """

    replication_id: str
    name: str
    owner: str
    description: str = ""
    is_standalone: bool = False
    network_settings: dict[str, Any] = field(default_factory=dict)
    """``vAppNetworkSettings`` of ``failoverSettings`` and of ``failoverTestSettings``."""
    recovered_vapps: dict[str, str] = field(default_factory=dict)
    """IDs of the recovered vApps: ``test`` and ``failover``."""


@dataclass
class SimulatedVcdaTask:
    """A task of VCDA. Times are in seconds since 1970."""

    task_id: str
    user: str
    org: str
    site: str
    workflow: str
    resource_type: str
    resource_id: str
    resource_name: str
    source_org: str
    destination_org: str
    started: float
    seconds: float
    operation_id: str = ""
    state: str = RUNNING
    ended: float | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    warnings: list[dict[str, Any]] = field(default_factory=list)
    visible_from: float = 0.0
    """Time from which lists contain the task."""
    gone_after_polls: int | None = None
    """Number of polls after which the task cannot be read. None means no limit."""
    poll_count: int = 0
    progress: int | None = None
    """Progress in percent while the task runs.

    If None, the progress is the elapsed share of the duration.
    """
    running_word: str = RUNNING
    """State that the task shows while it runs."""
