"""Simulator options for VMware Cloud Director Availability (VCDA).

Most options select one of several possible behaviors, because the behavior of the product is not documented. Source:
protocol/vcda.md §8 (requirements for a test server), §9 (open questions).
"""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core.simulator.nsxt.options import option


@dataclass(frozen=True)
class VcdaOptions:
    """The simulator options for VMware Cloud Director Availability.

    ``metadata["about"]`` of each field describes the option.
    """

    vcda_replications: int = option(
        0, "number of VMs that VCDA replicates into the first VDC; 0: without an inventory file, there is no VCDA"
    )
    vcda_site: str = option("site2", "name of the site of the first VDC, to which VCDA replicates")
    vcda_peer_site: str = option("site1", "name of the site from which VCDA replicates")
    vcda_host_names: tuple[str, ...] = option(
        ("vcda.example.test",), "additional host names in the certificates of VCDA"
    )
    vcda_certificate: str = option(
        "valid", "certificates of VCDA: valid, expired, early (not valid yet) or other-name (for another host)"
    )
    vcda_versions: tuple[str, ...] = option(
        ("3", "4.0", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7"),
        "API versions of VCDA; the last is the newest",
    )
    vcda_accept_versions: str = option(
        "newest", "response to an Accept header with another version of VCDA: newest (in the newest version) or 406"
    )
    vcda_idle_s: float = option(1800, "seconds without a request after which a VCDA session ends")
    vcda_logout_status: int = option(204, "status of a sign-out from VCDA: 204 or 200")
    vcda_extend_spelling: str = option(
        "both",
        "field names of `POST /sessions/extend`: reference (vcdUsername, cookie), login (vcdUser, vcdCookie) or both",
    )
    vcda_extend_needed: bool = option(
        True, "true: requests that need the other site return 401 before the session is extended to that site"
    )
    vcda_multisite: bool = option(True, "true: the orgs of both sites are associated, so that multisite works")
    vcda_site_down: str = option(
        "", "name of a site that is down: its own address breaks connections, and requests that need it fail"
    )
    vcda_peer_error: str = option(
        "GeneralServerFailure",
        "error of a request that needs a site that is down: GeneralServerFailure or RemoteAuthenticationFailure",
    )
    vcda_wrong_site: str = option(
        "404", "response to an operation at a site that is not the destination: 404, or forward (it is carried out)"
    )
    vcda_task_s: float = option(1.0, "duration of a VCDA operation in seconds")
    vcda_start_delay_s: float = option(
        0.0, "seconds for which an accepted VCDA operation does not change the replication"
    )
    vcda_visible_after_s: float = option(
        0.0, "seconds after which the task list and the replication show an accepted VCDA operation"
    )
    vcda_state_error_via: str = option(
        "task", "response to a VCDA operation in the wrong state: task (the task fails), http-400 or http-409"
    )
    vcda_migrate_from_test: str = option("refuse", "effect of a migration during a test: refuse or allow")
    vcda_task_site: str = option(
        "needed", "`site` in `GET /tasks/{id}` for a task of the other site: needed (404 without it) or optional"
    )
    vcda_task_gone_after: int = option(0, "number of polls after which a VCDA task cannot be read; 0: no limit")
    vcda_operation_id_search: str = option(
        "exact", "`operationID` in `GET /tasks`: exact, ignored (all tasks) or empty (no tasks)"
    )
    vcda_workflow_types: tuple[str, ...] = option(
        (),
        "other names of workflow types, as pairs such as `failoverTestCleanup=testCleanup`; the types are "
        "failoverTest, failoverTestCleanup, failover, migrate, reverse, sync, pause, resume, settings, delete",
    )
    vcda_state_lags: int = option(
        0, "number of reads for which a VCDA replication shows the old state after the task has ended"
    )
    vcda_null_as_text: bool = option(False, 'true: empty values of VCDA are the text "null"; false: they are null')
    vcda_absent_fields: tuple[str, ...] = option(
        (), "fields that all documents of VCDA omit, as older versions do, such as overallHealth"
    )
    vcda_list_echo: bool = option(True, "true: lists of VCDA contain offset and limit; false: they do not")
    vcda_vm_id: str = option("uuid", "format of vcdVmId in VCDA: uuid or urn")
    vcda_network_settings_method: str = option(
        "both", "method that writes the network settings of VCDA: PUT, POST or both"
    )
    vcda_unknown_fields: str = option(
        "ignore", "effect of an unknown field in the JSON of a VCDA request: ignore or refuse (400)"
    )
