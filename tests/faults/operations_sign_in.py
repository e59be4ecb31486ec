"""Operations for all sign-in methods, and for the API checks of ``vca doctor``."""

from __future__ import annotations

from typing import Any

from tests.faults.operations import Ending, Operation
from tests.faults.world import BEGAN, CANARY_TOKEN, World
from tests.support.saml import assertion
from vcloudair_core.cli.doctor.api_checks import check_rights, check_sign_in
from vcloudair_core.cli.doctor.diagnosis import FAILURE
from vcloudair_core.compat.sessions import VCAODSession, VCASession
from vcloudair_core.simulator.state.api_tokens import ApiToken


def _sign_in(**settings: Any) -> Operation:
    def run(world: World) -> Ending:
        with world.client(**settings) as client:
            world.signed_in(client)
            who = client.session.identity
            return Ending([who.user, who.org_name, who.vdc_name, who.api_version])

    return Operation(run, config={"profile": "all"})


def _with_api_token(world: World) -> Ending:
    world.simulator.world.tokens.api_tokens["canary"] = ApiToken("canary", "canary", "org1", "demo", CANARY_TOKEN)
    settings = {"api_token": CANARY_TOKEN, "username": "", "password": "", "vdc": "", "edge": ""}
    with world.client(**settings) as client:
        world.signed_in(client)
        return Ending([client.session.identity.user, client.session.identity.org_name])


def _with_saml_token(world: World) -> Ending:
    text = assertion(at=BEGAN, minutes=24 * 60)
    world.secrets.add(text)
    with world.client(saml_token=text, username="", password="", org="org1") as client:
        world.signed_in(client)
        return Ending([client.session.identity.user, client.session.identity.org_name])


def _doctor(world: World) -> Ending:
    with world.client() as client:
        steps = list(check_sign_in(client))
        world.signed_in_at = world.eye.calls
        if all(step.status != FAILURE for step in steps):
            steps += check_rights(client)
    failed = [(step.detail, step.hint) for step in steps if step.status == FAILURE]
    return Ending([(step.name, step.status, step.detail) for step in steps], failed)


def _seed_session(world: World) -> Ending:
    session = VCASession(username="demo", password="demo-password")
    session.transport, session.clock = world.eye, world.clock
    info = session.login(orgname="org1", vcd_url="https://simulator.invalid")
    world.signed_in_at = world.eye.calls
    assert info is not None
    return Ending([info["vcdurl"], info["org_uuid"]])


def _seed_portal(world: World) -> Ending:
    session = VCASession(username="demo", password="demo-password")
    session.login_url = "https://simulator.invalid/api/vchs/sessions"
    session.transport, session.clock = world.eye, world.clock
    session.login()
    if not session.vdc_names:
        return Ending([])
    info = session.login_to_vdc(session.vdc_names[0])
    world.signed_in_at = world.eye.calls
    return Ending([info["vcdurl"], info["org_uuid"]])


def _seed_on_demand(world: World) -> Ending:
    session = VCAODSession(username="demo", password="demo-password")
    session.login_url = "https://simulator.invalid/api/iam/login"
    session.transport, session.clock = world.eye, world.clock
    session.login()
    info = session.login_to_instance(0)
    world.signed_in_at = world.eye.calls
    return Ending([info["vcdurl"], info["org_uuid"]])


OPERATIONS = {
    "sign-in vcd": _sign_in(service_type="vcd"),
    "sign-in vchs": _sign_in(service_type="vchs"),
    "sign-in vca": _sign_in(service_type="vca", org=""),
    "sign-in api token": Operation(_with_api_token, config={"api_versions": ("36.3",)}),
    "sign-in saml token": Operation(_with_saml_token, config={"release": "10.6"}),
    "VCASession direct": Operation(_seed_session),
    "VCASession": Operation(_seed_portal, config={"profile": "all"}),
    "VCAODSession": Operation(_seed_on_demand, config={"profile": "all"}),
    "vca doctor": Operation(_doctor),
}
