"""Options of the simulator.

An option selects a server behavior that differs between real servers or is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from vcloudair_core.simulator.releases import ALL_MODERN, RELEASES

DEFAULT_VERSIONS = ("1.5", "5.1", "5.5", "5.6", "5.7", "5.11", "9.0", "20.0", "27.0", "29.0", "33.0", *ALL_MODERN)
PROFILES = ("vchs", "vca", "vcd", "all")

COMPUTE = "/api/compute"
"""Path prefix of the vCloud Director in On-Demand.

Source: protocol/sessions.md §3.2.
"""

USER, PASSWORD, ORG = "demo", "demo-password", "org1"
"""The user that can sign in without an inventory file."""
API_TOKEN = "demo-api-token"  # noqa: S105 - of a simulated user
"""API token of the default user."""
PROVIDER_USER = "administrator"
"""User of the provider's org, with the same password as the default user."""


def _option(default: object, about: str) -> Any:
    """Return a field whose description appears in docs/reference/simulator.md."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class SimulatorConfig:
    """Options of a simulator.

    ``metadata["about"]`` of a field is the description of the option.
    """

    profile: str = _option("all", "APIs that are served: vchs, vca, vcd or all")
    vms: int = _option(3, "VMs of the first VDC")
    vms_per_vapp: int = _option(100, "VMs in one vApp")
    templates: int = _option(0, "vApp templates of the first VDC, with one VM each")
    edges: int = _option(1, "edge gateways of the first VDC")
    replications: int = _option(0, "replications into the first VDC")
    latency_ms: int = _option(0, "milliseconds added to every response over a socket")
    inventory_file: str | None = _option(None, "YAML file that replaces the counts")
    seed: str = _option("vcloudair", "seed of IDs; the same seed gives the same IDs")
    host_names: tuple[str, ...] = _option(
        ("vchs.example.test", "vca.example.test", "vcd.example.test"), "additional names in the certificate"
    )
    certificate: str = _option(
        "valid", "the server's certificate: valid, expired, early (not valid yet) or other-name (for another host)"
    )
    standing_clock: float | None = _option(
        None, "seconds since 1970 at which the clock stands still until you advance it; empty: the time of the host"
    )
    clock_skew_s: float = _option(0.0, "seconds that the server's clock is ahead of the host; negative: behind")
    user_role: str = _option(
        "Organization Administrator", "role of the user `demo`, unless an inventory file replaces the users"
    )
    release: str = _option(
        "", f"release whose API versions are listed ({', '.join(RELEASES)}); empty: the versions in `api_versions`"
    )
    api_versions: tuple[str, ...] = _option(DEFAULT_VERSIONS, "API versions of a vCloud Director; others return 406")
    # -- sessions (protocol/sessions.md §6) --
    without_version: str = _option(
        "406", "response to a request without an API version: 406, or oldest (the response of the oldest version)"
    )
    iam_ttl_s: float = _option(900, "lifetime of a token of the On-Demand portal in seconds; requests do not extend it")
    vcd_idle_s: float = _option(1800, "seconds without a request that end a session of a vCloud Director")
    vchs_ttl_s: float = _option(3600, "lifetime of a token of the subscription portal in seconds")
    cookie_name: str = _option("vcloud_session_id", "cookie of a vCloud Director; older ones use vcloud-token")
    resend_token: bool = _option(True, "every response of a vCloud Director contains the token")
    login_status_iam: int = _option(201, "status of a sign-in at the On-Demand portal")
    logout_status: int = _option(204, "status of a sign-out at a vCloud Director; older ones return 200")
    probe_answer_iam: int = _option(0, "status for `_:_` at /api/iam/login; 0: 400 with profile vca, else 401")
    expired_answer: str = _option(
        "401-empty", "response to an ended session: 401-empty, 401-error, 403-error, 403-empty"
    )
    sc_content_type: str = _option("malformed", "Content-Type of plans and instances: malformed, as recorded, or clean")
    vcd_host: str = _option("", "host of the vCloud Director in links of the portal `vchs`; empty: host of the portal")
    unknown_path_status: int = _option(
        404, "status for a path below /api that does not exist, in a session: 404 or 403"
    )
    # -- query (protocol/query.md §12) --
    record_order: str = _option("id", "order without sortAsc and sortDesc: id, or random on every page")
    page_size_over: str = _option("clamp", "response to a pageSize above 128: clamp, or 400")
    # -- metrics (protocol/metrics.md §A.8, §C) --
    metrics_page_size: int = _option(100, "rows of one page of vCloud Air's metrics")
    metrics_vm_id: str = _option("uuid", "vmId in vCloud Air's rows: uuid, vm-uuid or urn")
    metrics_timestamp: str = _option("iso", "timestamps of vCloud Air's rows: iso, or epoch-ms")
    metrics_last_page: str = _option("absent", "`next` of the last page: absent, null, or empty (an empty string)")
    metrics_gap_every: int = _option(0, "leave out every n-th minute; 0: none")
    current_off: str = _option("400", "current metrics of a VM that is off: 400, empty or 404")
    expected_interval_unit: str = _option("s", "expectedInterval of series: s, or ms as the programming guide says")
    # -- tasks (protocol/tasks.md §6, protocol/dr.md §3.3) --
    queued_owner: str = _option("absent", "Owner of a queued task: absent, as recorded, or present")
    queued_progress: str = _option("absent", "Progress of a queued task: absent, as recorded, or 0")
    progress_mode: str = _option(
        "true",
        "Progress of tasks: true (the elapsed share of the time), zero-to-success (0 until success), "
        "100-while-running, absent, or stuck (half until the end)",
    )
    progress_on_error: int = _option(1, "Progress of a failed task: 1 or 100")
    waiting_status: str = _option("queued", "status of a waiting task: queued or preRunning")
    running_status: str = _option("running", "status of a running task: running, or another value such as postRunning")
    start_missing: bool = _option(False, "a waiting task has no startTime")
    end_missing: bool = _option(False, "an ended task has no endTime")
    no_details: bool = _option(False, "tasks have no Details element; otherwise an empty one")
    cancel_link: str = _option("while-running", "when a task has a link to cancel it: while-running, always or never")
    task_links: str = _option(
        "href", "where the response to an action links its task: href (in the body), location (header), or both"
    )
    task_port_443: str = _option("none", "which of these links contain :443: none, href, location or both")
    task_gone_after: int = _option(0, "polls after which a DR task can no longer be read; 0: never")
    task_gone_status: int = _option(403, "status for a task that cannot be read: 403 or 404")
    limit_per_user: int = _option(0, "concurrent actions of a user; more return OPERATION_LIMITS_EXCEEDED; 0: no limit")
    # -- writes (protocol/vm-writes.md) --
    vm_task_s: float = _option(
        1.0, "duration in seconds of a power action, and of a change of a VM, a vApp, snapshots or metadata"
    )
    wrong_state_status: int = _option(
        400, "status for an action that the power state does not allow: 400, or 409 as some newer releases"
    )
    # -- disaster recovery (protocol/dr.md §6) --
    dr_installed: bool = _option(True, "disaster recovery is available; otherwise its paths return 404")
    dr_task_s: float = _option(1.0, "duration of a test, cleanup or failover in seconds")
    dr_start_delay_s: float = _option(
        0.0, "seconds that an accepted action stays queued; until then the replication does not change"
    )
    dr_visible_after_s: float = _option(
        0.0,
        "seconds until the task list, the task query and the replication show an accepted action",
    )
    dr_task_link: str = _option("readable", "link of a task that is not visible yet: readable or hidden")
    state_words: tuple[str, ...] = _option(
        (),
        "other spellings of states, as pairs: `inProgress=FailoverInProgress,testInProgress=running`; "
        "known: none, notStarted, testInProgress, cleanupInProgress, inProgress, complete, testError, cleanupError, "
        "error, ok, paused",
    )
    dr_status: int = _option(200, "status of an accepted action of disaster recovery: 200 or 202")
    delete_status: int = _option(200, "status of an accepted DELETE of a replication: 200 or 202")
    id_form: str = _option("79", "IDs of replications: 79 (characters: two UUIDs with text between them) or bare-uuid")
    href_port_443: bool = _option(False, "links of replications contain :443 if the address has no port")
    list_page_size: int = _option(25, "default page size of replications")
    list_reference_name: str = _option("present", "names in the list of replications: present or absent")
    ns_style: str = _option(
        "ns2-prefixed", "XML prefixes of groups: ns2-prefixed, vr-default, or vcloud-prefixed (both have prefixes)"
    )
    word_case: str = _option("camel", "case of states in groups: camel, lower, upper, or spaced (between spaces)")
    absent_states: tuple[str, ...] = _option(
        (), "elements of a group that are omitted while they are none, notStarted or ok"
    )
    links: str = _option("by-state", "actions that a group has links for: by-state, all or none")
    group_tasks: bool = _option(False, "a group shows its running task")
    group_lags: int = _option(0, "polls for which a group shows its old state after its task has succeeded")
    group_ahead: bool = _option(False, "a group shows the final state as soon as its task starts")
    recovery_done_word: str = _option("complete", "RecoveryState after a failover: complete or ok")
    failover_from_test: str = _option("error", "failover during a test: error or allowed")
    cleanup_from_none: str = _option("task-error", "cleanup without a test: task-error, http-400, or success-noop")
    state_error_via: str = _option(
        "task",
        "response to an action in the wrong state: task (the task fails), http-400, http-409, or busy (400 BUSY_ENTITY "
        "while an action is in progress, otherwise as http-400)",
    )
    error_code_in: str = _option(
        "vendorSpecificErrorCode", "element of the error code: vendorSpecificErrorCode, minorErrorCode or both"
    )
    unknown_replication: int = _option(403, "status for an unknown replication: 403 or 404")
    failover_content_type: int = _option(415, "status for a failover with a wrong Content-Type; 0: any is accepted")
    content_type_strict: bool = _option(False, "the Content-Type of an action, tests included, must match in case")
    synchronize_required: bool = _option(True, "a test without Synchronize returns 400")
    placeholders: str = _option("hidden", "placeholder VMs of replications in the query service: hidden or visible")
    test_network: str = _option("test-lan", "network of VMs of a test")
    recovery_network: str = _option("lan", "network of VMs after a failover, and of placeholders")
    vdc_cpu_limit_mhz: int = _option(0, "processor limit of each VDC; 0: none")
    vdc_memory_limit_mb: int = _option(0, "memory limit of each VDC; 0: none")
    # -- edges (protocol/ans.md §12) --
    nsx_forbidden: str = _option(
        "vcloud", "error below /network for a missing right: vcloud (an Error of vCloud Director) or nsx (one of NSX)"
    )
    strict_version: str = _option(
        "409-stale", "`version` in a PUT of a section: 409-stale, reject-any (400 for any version) or ignore"
    )
    masked_psk_of_new_site: str = _option(
        "refuse", "a new IPsec site whose key is the mask: refuse (400), or store (the asterisks become the key)"
    )
    regenerate_internal_ids: bool = _option(True, "internal rules get new IDs with every PUT of a firewall")
    established_timeout_s: int | None = _option(
        None, "default of tcpTimeoutEstablished; empty: 3600 for vCloud Air, 21600 for a vCloud Director"
    )

    def __post_init__(self) -> None:
        """Set the API versions of the release.

        Raises ValueError for an unknown release.
        """
        if not self.release:
            return
        if self.release not in RELEASES:
            raise ValueError(f"release {self.release!r} is unknown; use one of {', '.join(RELEASES)}")
        if self.api_versions == DEFAULT_VERSIONS:
            object.__setattr__(self, "api_versions", RELEASES[self.release])


def changeable_options() -> tuple[str, ...]:
    """Return the options that can change at run time.

    Only options of tasks and DR can change.
    """
    names = [option.name for option in fields(SimulatorConfig)]
    first, end = names.index("queued_owner"), names.index("vdc_cpu_limit_mhz")
    return tuple(name for name in names[first:end] if name not in ("id_form", "placeholders"))
