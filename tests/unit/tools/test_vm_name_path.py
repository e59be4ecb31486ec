"""Tests of the tracer of VM names.

The tracer finds the functions that a VM name passes through, and omits all other functions.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tools.vm_name_path import Carriers, Tracer, VmNamePath

NAME = "replicated-0001"
SERVICE = """
class Replication:
    def __init__(self, name, others=()):
        self.name = name
        self.others = others

class Request:
    def __init__(self, url):
        self.method, self.url = "POST", url

class Service:
    def __init__(self):
        self.known = {}

    def start(self, replication):
        self.wait(1)
        send(Request("/api/" + replication.name))

    def wait(self, seconds):
        return seconds

def test(names, count):
    log(names)
    service = Service()
    for replication in [find(name) for name in names]:
        service.known[replication.name] = replication
        hand_over(service.start, replication)

def log(names):
    return None

def find(name):
    return Replication(name)
"""
TRANSPORT = "def send(request):\n    return request\n"


class Library:
    """A small library with source files in a separate folder."""

    def __init__(self, folder: Path) -> None:
        self.values: dict[str, Any] = {"__name__": "vcloudair_core.sample"}
        for name, text in (("transport.py", TRANSPORT), ("service.py", SERVICE)):
            exec(compile(text, str(folder / "vcloudair_core" / name), "exec"), self.values)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def tracer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracer]:
    monkeypatch.setattr(ThreadPoolExecutor, "submit", ThreadPoolExecutor.submit)
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)
    before = sys.getprofile()
    yield Tracer(f"{tmp_path}/vcloudair_core/", Carriers(NAME))
    sys.setprofile(before)
    threading.setprofile(before)


def trace(library: Library, tracer: Tracer, hand_over: Any) -> VmNamePath:
    library.values["hand_over"] = hand_over
    tracer.install()
    library.values["test"]([NAME], 1)
    sys.setprofile(None)
    return tracer.path()


def in_a_pool(call: Any, argument: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(call, argument).result(30)


def in_a_thread(call: Any, argument: Any) -> None:
    thread = threading.Thread(target=call, args=(argument,))
    thread.start()
    thread.join(30)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="code objects have no qualified names")
@pytest.mark.parametrize("hand_over", [lambda call, argument: call(argument), in_a_pool, in_a_thread])
def test_a_path_has_callers_and_creators_in_every_thread(library: Library, tracer: Tracer, hand_over: Any) -> None:
    path = trace(library, tracer, hand_over)
    assert path.hops == [
        "vcloudair_core/service.py test",
        "vcloudair_core/service.py find",
        "vcloudair_core/service.py Service.start",
        "vcloudair_core/transport.py send",
    ]
    assert path.modules == ["vcloudair_core/service.py", "vcloudair_core/transport.py"]
    assert {"names", "name", "replication", "request", "url"} <= set(path.names)
    assert {"count", "seconds", "self"}.isdisjoint(path.names)


def test_an_object_carries_the_values_of_its_fields(library: Library) -> None:
    replication = library.values["Replication"]
    carriers = Carriers(NAME)
    assert carriers.lead(f"https://vcd.example.test/api/{NAME}/action") == []
    assert carriers.lead(replication(NAME)) == ["name"]
    assert carriers.lead({"db": [replication(NAME)]}) == ["name"]
    assert carriers.lead(replication("other", [NAME])) == ["others"]


def test_unrelated_values_carry_nothing(library: Library) -> None:
    replication = library.values["Replication"]
    carriers = Carriers(NAME)
    deep = replication(replication(replication(replication(NAME))))
    for value in ("other", 1, None, replication("other"), [str(number) for number in range(99)] + [NAME], deep):
        assert carriers.lead(value) is None
    assert carriers.lead(replication("other", [NAME]), in_containers=False) is None
