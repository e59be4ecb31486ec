"""Routes of application port profiles.

Source: protocol/nsxt.md §4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.visibility import is_provider_user
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import new_path, refusing, start_write
from vcloudair_core.simulator.nsxt.entities import PortProfile
from vcloudair_core.simulator.nsxt.firewall.profile_values import (
    TENANT,
    changed_profile,
    new_profile,
    profile_json,
    visible_profiles,
)
from vcloudair_core.simulator.nsxt.firewall.references import PROFILE, users_of
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError, read_object
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.transport.messages import Response

PROFILES = "/cloudapi/1.0.0/applicationPortProfiles"
_SEARCHABLE = ("name", "scope", "usableForNAT", "orgRef.id")


def routes() -> SimulatorRoutes:
    """Return the routes of application port profiles."""
    single = f"{PROFILES}/{{profile_id}}"
    calls = [
        ("GET", PROFILES, list_profiles),
        ("POST", PROFILES, add),
        ("GET", single, show),
        ("PUT", single, replace),
        ("DELETE", single, delete),
    ]
    made = tuple(SimulatorRoute(verb, path, call) for verb, path, call in calls)
    return SimulatorRoutes("nsxt port profiles", "Application port profiles of NSX-T", made, versions="33.0 and newer")


def list_profiles(context: Any) -> Response:
    """Return a page of port profiles."""
    values = [profile_json(context, profile) for profile in visible_profiles(context)]
    return json_responses.page(context, values, "ApplicationPortProfiles", searchable=_SEARCHABLE)


def _find(context: Any) -> PortProfile | None:
    identifier = json_responses.uuid_of(context.path_params["profile_id"])
    return next((profile for profile in visible_profiles(context) if profile.profile_id == identifier), None)


def _no_access(context: Any) -> Response:
    return json_responses.no_access("applicationPortProfile", context.path_params["profile_id"])


def show(context: Any) -> Response:
    """Return one port profile."""
    profile = _find(context)
    return _no_access(context) if profile is None else json_responses.item(context, profile_json(context, profile))


def add(context: Any) -> Response:
    """Start a task that creates a port profile.

    The owner of the task is the new profile. Source: protocol/nsxt.md §1.2.
    """

    def handle() -> Response:
        world = context.world
        profile_id = world.make_id("port-profile", new_path(context, context.user.org))
        profile = new_profile(context, read_object(context), profile_id)

        def apply() -> None:
            world.port_profiles[profile_id] = profile

        return _start(context, profile, "Created", "createAppPortProfile", apply)

    return refusing(context, handle)


def replace(context: Any) -> Response:
    """Start a task that replaces a port profile.

    Profiles of the scope SYSTEM are read-only.
    """

    def handle() -> Response:
        profile = _changeable(context)
        if profile is None:
            return _no_access(context)
        changed = changed_profile(context, read_object(context), profile)

        def apply() -> None:
            context.world.port_profiles[profile.profile_id] = changed

        return _start(context, changed, "Updated", "updateAppPortProfile", apply)

    return refusing(context, handle)


def delete(context: Any) -> Response:
    """Start a task that deletes a port profile.

    If a rule refers to the profile, the response is 400.
    """

    def handle() -> Response:
        profile = _changeable(context)
        if profile is None:
            return _no_access(context)
        users = users_of(context.world, f"{PROFILE}{profile.profile_id}")
        if users:
            names = ", ".join(users)
            message = f"Application port profile '{profile.name}' cannot be deleted: rules of {names} use it."
            raise RefusedBodyError(message)

        def apply() -> None:
            del context.world.port_profiles[profile.profile_id]

        return _start(context, profile, "Deleted", "deleteAppPortProfile", apply)

    return refusing(context, handle)


def _changeable(context: Any) -> PortProfile | None:
    """Return the profile in the path, or None if the user cannot change the profile."""
    profile = _find(context)
    is_tenants = profile is not None and profile.scope == TENANT
    is_providers = profile is not None and profile.scope == "PROVIDER" and is_provider_user(context)
    return profile if is_tenants or is_providers else None


def _start(context: Any, profile: PortProfile, verb: str, operation_name: str, apply: Callable[[], None]) -> Response:
    """Start a task on a profile. The task does not lock any edge gateway (inferred)."""
    owner = Owner("", profile.name, "application/json", f"{PROFILE}{profile.profile_id}")
    return start_write(context, owner, "", f"{verb} Application Port Profile", operation_name, apply)
