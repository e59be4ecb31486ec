"""Every switch of a simulator, in one value. Where it is not known what the real server does, there is a switch."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

PROFILES = ("vchs", "vca", "vcd", "all")

COMPUTE = "/api/compute"
"""Path below which On-Demand has its vCloud Director. Source: protocol/sessions.md §3.2."""

USER, PASSWORD, ORG = "demo", "demo-password", "org1"
"""User that may sign in unless an inventory says otherwise."""


def _switch(default: object, about: str) -> Any:
    """A field; ``about`` becomes its line in docs/reference/simulator.md."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class SimulatorConfig:
    """Options of a simulated cloud; ``metadata["about"]`` of each field says what it does."""

    profile: str = _switch("all", "which APIs there are: vchs, vca, vcd or all")
    vms: int = _switch(3, "machines of the first VDC")
    vms_per_vapp: int = _switch(100, "how many of them are in one vApp")
    templates: int = _switch(0, "vApp templates of the first VDC, with one machine each")
    edges: int = _switch(1, "edge gateways of the first VDC")
    replications: int = _switch(0, "replications into the first VDC")
    latency_ms: int = _switch(0, "milliseconds that every answer over a socket takes longer")
    inventory_file: str | None = _switch(None, "YAML file in place of the counts")
    seed: str = _switch("vcloudair", "what ids are made of: one seed, the same ids")
    host_names: tuple[str, ...] = _switch(
        ("vchs.example.test", "vca.example.test", "vcd.example.test"), "more names in the certificate"
    )
    certificate: str = _switch(
        "valid", "the server's certificate: valid, expired, early (not valid yet) or other-name (for another host)"
    )
    standing_clock: float | None = _switch(
        None, "seconds since 1970 at which time stands still until it is let pass; empty: this machine's own time"
    )
    clock_skew_s: float = _switch(0.0, "seconds that the server's clock is ahead of this machine's; negative: behind")
    api_versions: tuple[str, ...] = _switch(
        ("1.5", "5.1", "5.5", "5.6", "5.7", "5.11", "9.0", "20.0", "27.0", "29.0", "36.3"),
        "versions that a vCloud Director speaks; others are 406",
    )
    # -- sessions (protocol/sessions.md §6) --
    iam_ttl_s: float = _switch(900, "seconds that a token of the On-Demand portal lives, in use or not")
    vcd_idle_s: float = _switch(1800, "seconds without a request that end a session of a vCloud Director")
    vchs_ttl_s: float = _switch(3600, "seconds that a token of the subscription portal lives")
    cookie_name: str = _switch("vcloud_session_id", "cookie of a vCloud Director; older ones say vcloud-token")
    resend_token: bool = _switch(True, "every answer of a vCloud Director carries the token again")
    login_status_iam: int = _switch(201, "status of a sign-in at the On-Demand portal")
    logout_status: int = _switch(204, "status of a sign-out at a vCloud Director; older ones say 200")
    probe_answer_iam: int = _switch(0, "status for `_:_` at /api/iam/login; 0: 400 with profile vca, else 401")
    expired_answer: str = _switch("401-empty", "how a dead session is told: 401-empty, 401-error, 403-error, 403-empty")
    sc_content_type: str = _switch("malformed", "Content-Type of plans and instances: malformed, as recorded, or clean")
    vcd_host: str = _switch("", "host of the vCloud Director that the subscription portal names; empty: its own")
    # -- query (protocol/query.md §12) --
    record_order: str = _switch("id", "order without sortAsc and sortDesc: id, or random with every page")
    page_size_over: str = _switch("clamp", "a pageSize beyond 128: clamp, or 400")
    # -- metrics (protocol/metrics.md §A.8, §C) --
    metrics_page_size: int = _switch(100, "rows of one page of vCloud Air's metrics")
    metrics_vm_id: str = _switch("uuid", "vmId in vCloud Air's rows: uuid, vm-uuid or urn")
    metrics_timestamp: str = _switch("iso", "timestamps of vCloud Air's rows: iso, or epoch-ms")
    metrics_last_page: str = _switch("absent", "`next` of the last page: absent, null, or empty (a text of no length)")
    metrics_gap_every: int = _switch(0, "leave every n-th minute out; 0: none")
    current_off: str = _switch("400", "current metrics of a machine that is off: 400, empty or 404")
    expected_interval_unit: str = _switch("s", "expectedInterval of series: s, or ms as the programming guide says")
    # -- tasks (protocol/tasks.md §6, protocol/dr.md §3.3) --
    queued_owner: str = _switch("absent", "Owner of a queued task: absent, as recorded, or present")
    queued_progress: str = _switch("absent", "Progress of a queued task: absent, as recorded, or 0")
    progress_mode: str = _switch(
        "true",
        "Progress of tasks: true (the share of the time that is over), zero-to-success (0 to the end and in it), "
        "100-while-running, absent, or stuck (half, until it is over)",
    )
    progress_on_error: int = _switch(1, "Progress of a failed task: 1 or 100")
    waiting_status: str = _switch("queued", "status of a task that waits: queued or preRunning")
    running_status: str = _switch("running", "status of a task that runs: running, or another word such as postRunning")
    start_missing: bool = _switch(False, "a task that waits has no startTime")
    end_missing: bool = _switch(False, "a task that is over has no endTime")
    no_details: bool = _switch(False, "tasks have no Details; else an empty one")
    cancel_link: str = _switch("while-running", "when a task has a link to cancel it: while-running, always or never")
    task_links: str = _switch(
        "href", "how an action says where its task is: href (of its body), both (and Location), or location (only)"
    )
    task_port_443: str = _switch("none", "which of these links spell :443 out: none, href, location or both")
    task_gone_after: int = _switch(0, "looks after which a task of disaster recovery cannot be seen any more; 0: never")
    task_gone_status: int = _switch(403, "status for a task that cannot be seen: 403 or 404")
    limit_per_user: int = _switch(0, "actions of one user at the same time; more are OPERATION_LIMITS_EXCEEDED; 0: any")
    # -- disaster recovery (protocol/dr.md §6) --
    dr_installed: bool = _switch(True, "there is disaster recovery; else its paths are 404")
    dr_task_s: float = _switch(1.0, "seconds that a test, a clean-up or a failover takes")
    dr_start_delay_s: float = _switch(
        0.0, "seconds that an accepted action stays queued; until then the replication does not change"
    )
    dr_visible_after_s: float = _switch(
        0.0,
        "seconds until an accepted action is visible: before, task list, task query and replication show nothing of it",
    )
    dr_task_link: str = _switch("readable", "the link of a task that is not visible yet: readable or hidden")
    state_words: tuple[str, ...] = _switch(
        (),
        "state words that are spelled differently, as pairs: `inProgress=FailoverInProgress,testInProgress=running`; "
        "known: none, notStarted, testInProgress, cleanupInProgress, inProgress, complete, testError, cleanupError, "
        "error, ok, paused",
    )
    dr_status: int = _switch(200, "status of an accepted action of disaster recovery: 200 or 202")
    delete_status: int = _switch(200, "status of an accepted DELETE of a replication: 200 or 202")
    id_form: str = _switch("79", "ids of replications: 79 (characters, two UUIDs and something between) or bare-uuid")
    href_port_443: bool = _switch(False, "links of replications spell :443 out where the address has no port")
    list_page_size: int = _switch(25, "replications of a page for whom does not ask for a number")
    list_reference_name: str = _switch("present", "names in the list of replications: present or absent")
    ns_style: str = _switch(
        "ns2-prefixed", "prefixes in groups: ns2-prefixed, vr-default, or vcloud-prefixed (both namespaces prefixed)"
    )
    word_case: str = _switch("camel", "state words of groups: camel, lower, upper, or spaced (blanks around them)")
    absent_states: tuple[str, ...] = _switch(
        (), "elements of a group that are left out while they would say none, notStarted or ok"
    )
    links: str = _switch("by-state", "actions that a group links: by-state, all or none")
    group_tasks: bool = _switch(False, "a group shows its task while one runs")
    group_lags: int = _switch(0, "looks for which a group shows what it was after its task has succeeded")
    group_ahead: bool = _switch(False, "a group is where its task leads as soon as the task has begun")
    recovery_done_word: str = _switch("complete", "RecoveryState after a failover: complete or ok")
    failover_from_test: str = _switch("error", "failover of what is being tested: error, or allowed")
    cleanup_from_none: str = _switch(
        "task-error", "clean-up of what is not tested: task-error, http-400, or success-noop"
    )
    state_error_via: str = _switch(
        "task",
        "how a wrong state is told: task (it fails), http-400, http-409, or busy (400 BUSY_ENTITY while an action is "
        "under way, else as http-400)",
    )
    error_code_in: str = _switch(
        "vendorSpecificErrorCode", "where its code is: vendorSpecificErrorCode, minorErrorCode or both"
    )
    unknown_replication: int = _switch(403, "status for a replication that is not there: 403 or 404")
    failover_content_type: int = _switch(415, "status for a failover without its own Content-Type; 0: any will do")
    content_type_strict: bool = _switch(False, "Content-Types of actions are exact: case counts, for tests too")
    synchronize_required: bool = _switch(True, "a test without Synchronize is 400")
    placeholders: str = _switch(
        "hidden", "machines that stand for replicated ones in the query service: hidden, visible"
    )
    test_network: str = _switch("test-lan", "network of machines that are tested")
    recovery_network: str = _switch("lan", "network of machines that were failed over, and of placeholders")
    vdc_cpu_limit_mhz: int = _switch(0, "processor limit of each VDC; 0: none")
    vdc_memory_limit_mb: int = _switch(0, "memory limit of each VDC; 0: none")
    # -- edges (protocol/ans.md §12) --
    strict_version: str = _switch(
        "409-stale", "`version` in a changed section: 409-stale, reject-any (400 whenever given) or ignore"
    )
    masked_psk_of_new_site: str = _switch(
        "refuse", "a new IPsec site whose key is the mask: refuse (400), or store (the stars become the key)"
    )
    regenerate_internal_ids: bool = _switch(True, "internal rules get new ids with every PUT of a firewall")
    established_timeout_s: int | None = _switch(
        None, "default of tcpTimeoutEstablished; empty: 3600 for vCloud Air, 21600 for a vCloud Director"
    )


def changeable_options() -> tuple[str, ...]:
    """Return the options that may change while a simulator runs: those of tasks and DR, read at each use."""
    names = [option.name for option in fields(SimulatorConfig)]
    first, end = names.index("queued_owner"), names.index("vdc_cpu_limit_mhz")
    return tuple(name for name in names[first:end] if name not in ("id_form", "placeholders"))
