"""Tests of the simulator's JSON with httpx over TLS.

The client uses no code of this project.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

VERSION = "38.1"
JSON = f"application/*+json;version={VERSION}"
MEDIA = "application/vnd.vmware.vcloud."


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", release="10.6", vms=5)) as running:
        yield running


@pytest.fixture
def client(server: SimulatorServer) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=server.env()["VCA_CA_PATH"])
    with httpx.Client(base_url=server.url, verify=trusted, headers={"Accept": JSON}, trust_env=False) as connected:
        yield sign_in(connected)


def sign_in(client: httpx.Client) -> httpx.Client:
    """Sign in at the login URL of the tested API version, and keep the token."""
    versions = client.get("/api/versions", headers={"Accept": "application/*+json"}).json()
    login = next(info["loginUrl"] for info in versions["versionInfo"] if info["version"] == VERSION)
    accept = {"Accept": f"application/json;version={VERSION}"}
    response = client.post(login, auth=("demo@org1", "demo-password"), headers=accept).raise_for_status()
    client.headers["Authorization"] = f"Bearer {response.headers['X-VMWARE-VCLOUD-ACCESS-TOKEN']}"
    return client


def read(client: httpx.Client, address: str, **query: Any) -> dict[str, Any]:
    """Return a document. Assert that the document is JSON in the requested version."""
    response = client.get(address, params=query or None).raise_for_status()
    media_type, _, parameters = response.headers["Content-Type"].partition(";")
    assert media_type.endswith("+json")
    assert parameters == f"version={VERSION}"
    document: dict[str, Any] = response.json()
    return document


def wait(client: httpx.Client, response: httpx.Response) -> None:
    """Wait until the task of a write has succeeded."""
    assert response.status_code == 202, response.text
    task = response.json()
    deadline = time.monotonic() + 30
    while task["status"] in ("queued", "preRunning", "running"):
        assert time.monotonic() < deadline, task
        time.sleep(0.02)
        task = read(client, task["href"])
    assert task["status"] == "success", task["error"]


def pages(client: httpx.Client, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the records of all pages of a query."""
    page = read(client, "/api/query", type=kind, pageSize=2, filter="isVAppTemplate==false")
    while True:
        yield from page["record"]
        address = [link["href"] for link in page["link"] if link["rel"] == "nextPage"]
        if not address:
            return
        page = read(client, address[0])


def test_the_inventory_is_read_from_the_session_to_the_network_of_each_vm(client: httpx.Client) -> None:
    session = read(client, "/api/session")
    link = next(link for link in session["link"] if link["type"] == f"{MEDIA}org+json")
    org = read(client, link["href"])
    assert org["name"] == "org1"
    vdc_link = next(link for link in org["link"] if link["type"] == f"{MEDIA}vdc+json")
    vdc = read(client, vdc_link["href"])
    names = []
    for entity in vdc["resourceEntities"]["resourceEntity"]:
        if not entity["type"].startswith(f"{MEDIA}vApp+"):
            continue
        for vm in read(client, entity["href"])["children"]["vm"]:
            sections = {section["_type"]: section for section in vm["section"]}
            (nic,) = sections["NetworkConnectionSectionType"]["networkConnection"]
            assert nic["isConnected"] is True
            assert isinstance(nic["networkConnectionIndex"], int)
            assert sections["VirtualHardwareSectionType"]["item"]
            assert sections["OperatingSystemSectionType"]["description"]["value"]
            names.append(vm["name"])
    records = list(pages(client, "vm"))
    assert sorted(names) == sorted(record["name"] for record in records)
    assert {record["_type"] for record in records} == {"QueryResultVMRecordType"}
    assert all(isinstance(record["numberOfCpus"], int) for record in records)


def test_a_vm_is_changed_with_the_document_that_was_read(client: httpx.Client) -> None:
    vm = read(client, next(pages(client, "vm"))["href"])
    vm |= {"name": "renamed", "description": "by httpx"}
    wait(client, client.put(vm["href"], json=vm, headers={"Content-Type": f"{MEDIA}vm+json"}))
    entry = {"key": "stage", "typedValue": {"_type": "MetadataStringValue", "value": "prod"}}
    body = {"metadataEntry": [entry]}
    wait(client, client.post(f"{vm['href']}/metadata", json=body, headers={"Content-Type": "application/*+json"}))
    again = read(client, vm["href"])
    assert (again["name"], again["description"]) == ("renamed", "by httpx")
    (stored,) = read(client, f"{vm['href']}/metadata")["metadataEntry"]
    assert (stored["key"], stored["typedValue"]) == (entry["key"], entry["typedValue"])


def test_a_vm_is_powered_off_with_parameters_in_json(client: httpx.Client) -> None:
    vm = next(record for record in pages(client, "vm") if record["status"] == "POWERED_ON")
    headers = {"Content-Type": f"{MEDIA}undeployVAppParams+json"}
    wait(
        client, client.post(f"{vm['href']}/action/undeploy", json={"undeployPowerAction": "powerOff"}, headers=headers)
    )
    assert (read(client, vm["href"])["deployed"], read(client, vm["href"])["status"]) == (False, 8)


def test_metrics_are_read_with_a_specification_in_json(client: httpx.Client) -> None:
    vm = next(record for record in pages(client, "vm") if record["status"] == "POWERED_ON")
    headers = {"Content-Type": f"{MEDIA}metrics.currentUsageSpec+json"}
    body = {"metricPattern": ["cpu.*"]}
    metrics = client.post(f"{vm['href']}/metrics/current", json=body, headers=headers).raise_for_status().json()
    assert {metric["name"].split(".")[0] for metric in metrics["metric"]} == {"cpu"}
    assert all(isinstance(metric["value"], (int, float)) for metric in metrics["metric"])


def test_errors_are_read_in_json(client: httpx.Client) -> None:
    response = client.get("/api/vApp/vm-00000000-0000-0000-0000-000000000000")
    assert response.status_code == 403
    assert response.json()["minorErrorCode"] == "ACCESS_TO_RESOURCE_IS_FORBIDDEN"
    vm = next(pages(client, "vm"))
    broken = client.put(vm["href"], content=b"{", headers={"Content-Type": f"{MEDIA}vm+json"})
    assert (broken.status_code, broken.json()["minorErrorCode"]) == (400, "BAD_REQUEST")
    plain = client.put(vm["href"], json={"name": "x"})
    assert (plain.status_code, plain.json()["minorErrorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
