"""Records of orgs, users, roles, rights and tasks."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.access.rights import ALL_RIGHTS, right_entity
from vcloudair_core.simulator.access.visibility import is_provider
from vcloudair_core.simulator.api.own_objects import visible_orgs
from vcloudair_core.simulator.query.query_columns import (
    Source,
    constant,
    from_field,
    href_column,
    org_href,
)
from vcloudair_core.simulator.state.entities import Org, User
from vcloudair_core.simulator.state.simulated_tasks import SimulatedTask
from vcloudair_core.simulator.virtual_clock import timestamp_of


def _number_of_vdcs(context: Any, org: Org) -> int:
    return len(context.world.vdcs_of(org.name))


def _users(context: Any) -> list[User]:
    return [user for user in context.world.users if user.org == context.user.org]


ORGS = Source(
    visible_orgs,
    {
        "name": from_field("name"),
        "displayName": from_field("full_name"),
        "isEnabled": constant(True),
        "isReadOnly": constant(False),
        "deployedVMQuota": from_field("deployed_vm_quota"),
        "numberOfVdcs": _number_of_vdcs,
        "href": href_column("org", "org_id"),
    },
)

USERS = Source(
    _users,
    {
        "name": from_field("name"),
        "href": href_column("user", "user_id"),
        "fullName": from_field("name"),
        "isEnabled": constant(True),
        "isLdapUser": constant(False),
        "numberOfDeployedVMs": constant(0),
        "deployedVMQuota": constant(0),
        "numberOfStoredVMs": constant(0),
        "storedVMQuota": constant(0),
    },
)

ROLES = Source(
    lambda context: context.world.roles_of(context.user.org),
    {
        "name": from_field("name"),
        "href": href_column("role", "role_id"),
        "isReadOnly": lambda context, role: not role.org,
    },
)

RIGHTS = Source(
    lambda context: [right_entity(context.world, name) for name in sorted(ALL_RIGHTS)],
    {
        "name": from_field("name"),
        "href": href_column("right", "right_id"),
        "category": from_field("category"),
    },
)


def _tasks(context: Any) -> list[Any]:
    tasks = context.simulator.tasks
    visible_tasks: list[Any] = tasks.of_all_orgs() if is_provider(context) else tasks.of(context.user.org)
    return visible_tasks


def _task_status(context: Any, task: Any) -> str:
    return str(context.simulator.tasks.status(task))


def _object_type(context: Any, task: SimulatedTask) -> str:
    owner = task.owner
    return owner.urn.split(":")[2] if owner.urn else owner.media_type.rsplit(".", 1)[-1].removesuffix("+xml")


TASKS = Source(
    _tasks,
    {
        "name": from_field("operation_name"),
        "href": href_column("task", "task_id"),
        "status": _task_status,
        "startDate": lambda context, task: timestamp_of(task.started),
        "endDate": lambda context, task: (
            None if _task_status(context, task) in ("queued", "running") else timestamp_of(task.ended())
        ),
        "ownerName": from_field("user"),
        "object": lambda context, task: context.root + task.owner.path if task.owner.path else None,
        "objectName": lambda context, task: task.owner.name,
        "objectType": _object_type,
        "org": org_href,
        "orgName": from_field("org"),
        "serviceNamespace": from_field("namespace"),
        "progress": lambda context, task: context.simulator.tasks.progress(task),
    },
    {"progress": (9, 0)},
    is_steady=False,
)
