"""Options of the simulator.

An option selects a behavior that differs between real servers, or that is not documented.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from vcloudair_core.simulator.nsxt.options import NsxtOptions
from vcloudair_core.simulator.nsxt.options import option as _option
from vcloudair_core.simulator.releases import ALL_MODERN, NSXT_RELEASES, RELEASES
from vcloudair_core.simulator.vcda.options import VcdaOptions

DEFAULT_VERSIONS = ("1.5", "5.1", "5.5", "5.6", "5.7", "5.11", "9.0", "20.0", "27.0", "29.0", "33.0", *ALL_MODERN)
PROFILES = ("vchs", "vca", "vcd", "all")

COMPUTE = "/api/compute"
"""Path prefix of the vCloud Director behind the On-Demand portal.

Source: protocol/sessions.md §3.2.
"""

USER, PASSWORD, ORG = "demo", "demo-password", "org1"
"""Credentials that work without an inventory file."""
API_TOKEN = "demo-api-token"  # noqa: S105 - of a simulated user
"""API token of the default user."""
PROVIDER_USER = "administrator"
"""User of the provider's org. The password is ``PASSWORD``."""


@dataclass(frozen=True)
class CloudOptions:
    """Options of a simulator, except options of NSX-T and VCDA.

    ``metadata["about"]`` of each field describes the option. The option documentation is generated from these texts.
    """

    profile: str = _option("all", "APIs to serve: vchs, vca, vcd or all")
    vms: int = _option(3, "number of VMs in the first VDC")
    vms_per_vapp: int = _option(100, "maximum number of VMs in a vApp")
    templates: int = _option(0, "number of vApp templates in the first VDC; each template has one VM")
    edges: int = _option(1, "number of edge gateways in the first VDC")
    replications: int = _option(0, "number of replications into the first VDC")
    latency_ms: int = _option(0, "delay of every response over a socket, in milliseconds")
    inventory_file: str | None = _option(
        None, "YAML inventory file; replaces the numbers of VMs, templates, edge gateways and replications"
    )
    seed: str = _option("vcloudair", "text from which all IDs are computed; the same seed gives the same IDs")
    host_names: tuple[str, ...] = _option(
        ("vchs.example.test", "vca.example.test", "vcd.example.test"), "additional host names in the certificate"
    )
    certificate: str = _option(
        "valid", "certificate of the server: valid, expired, early (not valid yet) or other-name (for another host)"
    )
    standing_clock: float | None = _option(
        None, "time in seconds since 1970 at which the clock stands still; if empty, the clock follows the host"
    )
    clock_skew_s: float = _option(0.0, "seconds that the server's clock is ahead of the host's clock; can be negative")
    user_role: str = _option("Organization Administrator", "role of the user `demo`; ignored with an inventory file")
    release: str = _option(
        "", f"release that selects the API versions: {', '.join(RELEASES)}; if empty, see `api_versions`"
    )
    api_versions: tuple[str, ...] = _option(
        DEFAULT_VERSIONS, "API versions of vCloud Director; any other version returns 406"
    )
    # -- sessions (protocol/sessions.md §6) --
    without_version: str = _option(
        "406", "response to a request without an API version: 406, or oldest (the same as for the oldest version)"
    )
    iam_ttl_s: float = _option(900, "lifetime of an On-Demand portal token in seconds; requests do not extend it")
    vcd_idle_s: float = _option(1800, "seconds without a request after which a vCloud Director session ends")
    vchs_ttl_s: float = _option(3600, "lifetime of a subscription portal token in seconds")
    cookie_name: str = _option(
        "vcloud_session_id", "name of the cookie with the vCloud Director token; in older releases, vcloud-token"
    )
    resend_token: bool = _option(True, "true: every response of vCloud Director contains the token")
    login_status_iam: int = _option(201, "status of a successful sign-in to the On-Demand portal")
    logout_status: int = _option(204, "status of a sign-out from vCloud Director; older releases return 200")
    probe_answer_iam: int = _option(
        0, "status of a sign-in to the On-Demand portal as `_:_`; 0: 400 with the profile vca, otherwise 401"
    )
    expired_answer: str = _option(
        "401-empty", "response to a request after the session has ended: 401-empty, 401-error, 403-error or 403-empty"
    )
    sc_content_type: str = _option(
        "malformed", "Content-Type of plans and instances: malformed (as in recorded responses) or clean"
    )
    vcd_host: str = _option(
        "", "host of the vCloud Director in links of the subscription portal; if empty, the host of the portal"
    )
    unknown_path_status: int = _option(404, "status of a signed-in request to an unknown path under /api: 404 or 403")
    # -- query (protocol/query.md §12) --
    record_order: str = _option(
        "id", "order of records without sortAsc and sortDesc: id, or random (a new order for every page)"
    )
    page_size_over: str = _option("clamp", "response to a pageSize above 128: clamp (a page of 128 records) or 400")
    # -- metrics (protocol/metrics.md §A.8, §C) --
    metrics_page_size: int = _option(100, "number of rows on a page of vCloud Air metrics")
    metrics_vm_id: str = _option("uuid", "format of vmId in vCloud Air metrics: uuid, vm-uuid or urn")
    metrics_timestamp: str = _option("iso", "format of timestamps in vCloud Air metrics: iso or epoch-ms")
    metrics_last_page: str = _option(
        "absent", "`next` on the last page of vCloud Air metrics: absent, null or empty (an empty string)"
    )
    metrics_gap_every: int = _option(0, "omit every n-th sample of metrics; 0: omit no samples")
    current_off: str = _option(
        "400", "response to a request for current metrics of a VM that is off: 400, empty or 404"
    )
    expected_interval_unit: str = _option(
        "s", "unit of expectedInterval in historic metrics: s, or ms (as in the programming guide)"
    )
    # -- tasks (protocol/tasks.md §6, protocol/dr.md §3.3) --
    queued_owner: str = _option(
        "absent", "Owner element of a queued task: absent (as in recorded responses) or present"
    )
    queued_progress: str = _option(
        "absent", "Progress element of a queued task: absent (as in recorded responses) or 0"
    )
    progress_mode: str = _option(
        "true",
        "Progress element of a running task: true (the elapsed share of the duration), zero-to-success (0, even "
        "after success), 100-while-running, absent, or stuck (50 until the end)",
    )
    progress_on_error: int = _option(1, "Progress element of a failed task: 1 or 100")
    waiting_status: str = _option("queued", "status that a queued task shows: queued or preRunning")
    running_status: str = _option(
        "running", "status that a running task shows: running, or another value such as postRunning"
    )
    start_missing: bool = _option(False, "true: a queued task has no startTime")
    end_missing: bool = _option(False, "true: a task that has ended has no endTime")
    no_details: bool = _option(False, "true: tasks have no Details element; false: the element is empty")
    cancel_link: str = _option(
        "while-running", "time when a task has a link to cancel the task: while-running, always or never"
    )
    task_links: str = _option(
        "href", "place of the task's link in the response to an action: href (body), location (header) or both"
    )
    task_port_443: str = _option("none", "links from `task_links` that contain :443: none, href, location or both")
    task_gone_after: int = _option(0, "number of polls after which a DR task cannot be read; 0: no limit")
    task_gone_status: int = _option(403, "status of a request for a task that cannot be read: 403 or 404")
    limit_per_user: int = _option(
        0, "maximum number of running tasks of an org; one more returns OPERATION_LIMITS_EXCEEDED; 0: no limit"
    )
    # -- writes (protocol/vm-writes.md) --
    vm_task_s: float = _option(
        1.0, "duration in seconds of tasks that change power, snapshots, metadata, names or edge services"
    )
    wrong_state_status: int = _option(
        400, "status of an action that the power state does not allow: 400, or 409 (as in some newer releases)"
    )
    # -- disaster recovery (protocol/dr.md §6) --
    dr_installed: bool = _option(
        True, "true: disaster recovery is installed; false: the paths of disaster recovery return 404"
    )
    dr_task_s: float = _option(1.0, "duration of a DR action in seconds")
    dr_start_delay_s: float = _option(
        0.0, "seconds for which an accepted DR action is queued and the replication does not change"
    )
    dr_visible_after_s: float = _option(
        0.0,
        "seconds after which the task list, the task query and the replication show an accepted DR action",
    )
    dr_task_link: str = _option(
        "readable", "link of a DR task that lists do not show yet: readable or hidden (the link fails)"
    )
    state_words: tuple[str, ...] = _option(
        (),
        "other spellings of replication states, as pairs such as `inProgress=FailoverInProgress,ok=normal`; "
        "the states are none, notStarted, testInProgress, cleanupInProgress, inProgress, complete, testError, "
        "cleanupError, error, ok, paused",
    )
    dr_status: int = _option(200, "status of an accepted test, cleanup or failover: 200 or 202")
    delete_status: int = _option(200, "status of an accepted request to delete a replication: 200 or 202")
    id_form: str = _option(
        "79", "format of replication IDs: 79 (79 characters: two UUIDs with text between them) or bare-uuid"
    )
    href_port_443: bool = _option(False, "true: links of replications contain :443 if the URL has no port")
    list_page_size: int = _option(25, "default page size of the list of replications")
    list_reference_name: str = _option(
        "present", "names of replications in the list of replications: present or absent"
    )
    ns_style: str = _option(
        "ns2-prefixed",
        "XML prefixes of replications: ns2-prefixed, vr-default, or vcloud-prefixed (both namespaces have a prefix)",
    )
    word_case: str = _option(
        "camel", "spelling of replication states: camel, lower, upper, or spaced (with a space before and after)"
    )
    absent_states: tuple[str, ...] = _option(
        (), "state elements that a replication omits while the state is none, notStarted or ok"
    )
    links: str = _option("by-state", "actions for which a replication has links: by-state, all or none")
    group_tasks: bool = _option(False, "true: a replication contains its running task")
    group_lags: int = _option(
        0, "number of polls for which a replication shows the old state after the task has succeeded"
    )
    group_ahead: bool = _option(False, "true: a replication shows the final state when the task starts")
    recovery_done_word: str = _option("complete", "RecoveryState after a failover: complete or ok")
    failover_from_test: str = _option("error", "result of a failover during a test: error or allowed")
    cleanup_from_none: str = _option(
        "task-error", "result of a cleanup without a test: task-error, http-400 or success-noop"
    )
    state_error_via: str = _option(
        "task",
        "response to a DR action in the wrong state: task (the task fails), http-400, http-409, or busy (400 "
        "BUSY_ENTITY while an action is in progress, otherwise the same as http-400)",
    )
    error_code_in: str = _option(
        "vendorSpecificErrorCode",
        "attribute with the error code of a DR action: vendorSpecificErrorCode, minorErrorCode or both",
    )
    unknown_replication: int = _option(403, "status of a request for an unknown replication: 403 or 404")
    failover_content_type: int = _option(
        415, "status of a failover with a wrong Content-Type; 0: every Content-Type is accepted"
    )
    content_type_strict: bool = _option(
        False, "true: a test or failover must send the exact Content-Type, including case"
    )
    synchronize_required: bool = _option(True, "true: a test without the Synchronize element returns 400")
    placeholders: str = _option("hidden", "placeholder VMs of replications: hidden or visible")
    test_network: str = _option("test-lan", "network of the VMs that a test creates")
    recovery_network: str = _option("lan", "network of placeholder VMs, and of VMs after a failover")
    vdc_cpu_limit_mhz: int = _option(0, "CPU limit of each VDC in MHz; 0: no limit")
    vdc_memory_limit_mb: int = _option(0, "memory limit of each VDC in MB; 0: no limit")
    # -- edges (protocol/ans.md §12) --
    nsx_forbidden: str = _option("vcloud", "format of the error for a missing right under /network: vcloud or nsx")
    strict_version: str = _option(
        "409-stale",
        "effect of `version` in the PUT request of a section: 409-stale, reject-any (400) or ignore",
    )
    masked_psk_of_new_site: str = _option(
        "refuse", "effect of a masked key in a new IPsec site: refuse (400) or store (the asterisks become the key)"
    )
    regenerate_internal_ids: bool = _option(
        True, "true: every PUT request for a firewall gives new IDs to internal rules"
    )
    established_timeout_s: int | None = _option(
        None, "default of tcpTimeoutEstablished in seconds; if empty, 3600 in vCloud Air and 21600 in vCloud Director"
    )


@dataclass(frozen=True)
class SimulatorConfig(VcdaOptions, NsxtOptions, CloudOptions):
    """Options of a simulator."""

    def __post_init__(self) -> None:
        """Set ``api_versions`` and ``nsxt_edges`` to the values of ``release``.

        An option that already differs from its default is not changed. Raises ValueError for an unknown release.
        """
        if not self.release:
            return
        if self.release not in RELEASES:
            raise ValueError(f"release {self.release!r} is unknown; use one of {', '.join(RELEASES)}")
        if self.api_versions == DEFAULT_VERSIONS:
            object.__setattr__(self, "api_versions", RELEASES[self.release])
        if self.release in NSXT_RELEASES and self.nsxt_edges == 0:
            object.__setattr__(self, "nsxt_edges", 1)


_FIXED = (
    *("id_form", "placeholders", "nsxt_edges", "second_provider"),
    *("vcda_replications", "vcda_site", "vcda_peer_site"),
    *("vcda_host_names", "vcda_certificate"),
)
"""Options of the inventory, which is built at the start."""


def changeable_options() -> tuple[str, ...]:
    """Return the names of the options that can change at run time.

    These are the latency and the options for tasks, writes, DR, NSX-T edge gateways and VMware Cloud Director
    Availability.
    """
    names = [option.name for option in fields(SimulatorConfig)]
    first, end = names.index("queued_owner"), names.index("vdc_cpu_limit_mhz")
    changeable = ["latency_ms", *names[first:end]] + [
        option.name for option in (*fields(NsxtOptions), *fields(VcdaOptions))
    ]
    return tuple(name for name in changeable if name not in _FIXED)
