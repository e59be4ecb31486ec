"""Tests of options that change lists and groups of replications.

Source: protocol/dr.md §2, §6.
"""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.support.recovery_wire import VCLOUD, VR, Cloud, listing


@pytest.mark.parametrize(("form", "length"), [("79", 79), ("bare-uuid", 36)])
def test_id_form_option(form: str, length: int) -> None:
    cloud = Cloud(id_form=form)
    reference = listing(cloud).find(f"{VCLOUD}Reference")
    assert len(reference.get("href").rpartition("/")[2]) == length
    assert cloud.caller.xml(reference.get("href")).get("name") == "replicated-0001"
    assert cloud.done("testFailover").get("status") == "success"


@pytest.mark.parametrize("is_on", [False, True])
def test_href_port_443_option(is_on: bool) -> None:
    cloud = Cloud(href_port_443=is_on)
    reference = listing(cloud).find(f"{VCLOUD}Reference").get("href")
    group = cloud.caller.xml(reference)
    links = [reference, group.get("href"), *[link.get("href") for link in group.findall(f"{VCLOUD}Link")]]
    assert len(links) == 5
    assert {":443/" in link for link in links} == {is_on}


def test_list_reference_name_option() -> None:
    assert listing(Cloud()).find(f"{VCLOUD}Reference").get("name") == "replicated-0001"
    assert listing(Cloud(list_reference_name="absent")).find(f"{VCLOUD}Reference").get("name") is None


def test_list_page_size_option() -> None:
    cloud = Cloud(replications=7, list_page_size=5)
    assert [len(listing(cloud, query).findall(f"{VCLOUD}Reference")) for query in ("", "?page=2", "?pageSize=9")] == [
        5, 2, 7,
    ]  # fmt: skip
    assert listing(cloud).get("pageSize") == "5"


@pytest.mark.parametrize(
    ("style", "start"),
    [
        ("ns2-prefixed", b"<ns2:ReplicationGroup"),
        ("vr-default", b"<ReplicationGroup"),
        ("vcloud-prefixed", b"<vr:ReplicationGroup"),
    ],
)
def test_ns_style_option(style: str, start: bytes) -> None:
    answer = Cloud(ns_style=style).caller.get(Cloud().path)
    assert start in answer.body
    assert (b"<Link " in answer.body) == (style == "ns2-prefixed")
    assert (b"<vcloud:Link " in answer.body) == (style != "ns2-prefixed")
    assert answer.body.count(b"xmlns") == 2
    root: Any = etree.fromstring(answer.body)
    assert root.tag == f"{VR}ReplicationGroup"
    assert len(root.findall(f"{VCLOUD}Link")) == 3
    assert root.find(f"{VR}TestRecoveryState").text == "none"
    assert root.find(f"{VR}ReplicationGroupInstance/{VR}TransferSeconds").text == "14"


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("camel", ("none", "notStarted", "ok")),
        ("lower", ("none", "notstarted", "ok")),
        ("upper", ("NONE", "NOTSTARTED", "OK")),
        ("spaced", (" none ", " notStarted ", " ok ")),
    ],
)
def test_word_case_option(case: str, words: tuple[str, ...]) -> None:
    fields = Cloud(word_case=case).words()
    assert tuple(fields[name] for name in ("TestRecoveryState", "RecoveryState", "ReplicationState")) == words


def test_absent_states_option() -> None:
    cloud = Cloud(absent_states=("TestRecoveryState", "RecoveryState"))
    assert not {"TestRecoveryState", "RecoveryState"} & set(cloud.words())
    assert cloud.words()["ReplicationState"] == "ok"
    cloud.done("testFailover")
    assert cloud.words()["TestRecoveryState"] == "complete"


def rels(cloud: Cloud) -> list[str]:
    return [str(link.get("rel")) for link in cloud.caller.xml(cloud.path).findall(f"{VCLOUD}Link")]


def test_links_show_the_available_actions() -> None:
    cloud = Cloud()
    assert rels(cloud) == ["remove", "operation:testFailover", "operation:failover"]
    cloud.began("testFailover")
    assert rels(cloud) == []
    cloud.simulator.clock.advance(11)
    assert rels(cloud) == ["operation:testCleanup"]
    cloud.done("testCleanup")
    cloud.done("failover")
    assert rels(cloud) == ["remove"]


def test_links_option() -> None:
    everything = ["remove", "operation:testFailover", "operation:testCleanup", "operation:failover"]
    assert (rels(Cloud(links="all")), rels(Cloud(links="none"))) == (everything, [])


def test_group_tasks_option() -> None:
    cloud = Cloud(group_tasks=True)
    assert cloud.caller.xml(cloud.path).find(f"{VCLOUD}Tasks") is None
    task = cloud.began("failover")
    shown = cloud.caller.xml(cloud.path)
    assert [etree.QName(child).localname for child in shown][:2] == ["Tasks", "Rpo"]
    assert shown.find(f"{VCLOUD}Tasks/{VCLOUD}Task").get("id") == task.get("id")
    cloud.simulator.clock.advance(11)
    assert cloud.caller.xml(cloud.path).find(f"{VCLOUD}Tasks") is None


def test_group_lags_option() -> None:
    cloud = Cloud(group_lags=2)
    assert cloud.done("testFailover").get("status") == "success"
    assert [cloud.states()[0] for _ in range(3)] == ["testInProgress", "testInProgress", "complete"]
    cloud.done("testCleanup")
    assert [cloud.states()[0] for _ in range(3)] == ["cleanupInProgress", "cleanupInProgress", "none"]
    cloud.done("failover")
    assert [(cloud.states()[1], "RecoveryCompletionTime" in cloud.words()) for _ in range(2)] == [
        ("inProgress", False), ("complete", True),
    ]  # fmt: skip


def test_group_ahead_option() -> None:
    cloud = Cloud(group_ahead=True)
    task = cloud.began("testFailover")
    cloud.look(task)
    assert cloud.states() == ("complete", "notStarted")
    assert cloud.machine().get("status") == "POWERED_ON"
    assert cloud.look(task).get("status") == "running"
