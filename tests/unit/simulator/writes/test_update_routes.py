"""Tests of VM and vApp names and descriptions. Source: protocol/vm-writes.md §4."""

from __future__ import annotations

from tests.support.vm_writes import (
    VCLOUD,
    error_of,
    finish_task,
    vapp_path,
    vm_path,
    writing_caller,
)


def body(kind: str, name: str) -> str:
    return f'<{kind} xmlns="{VCLOUD[1:-1]}" name="{name}"><Description>Front end</Description></{kind}>'


def test_a_vm_is_renamed_in_every_view() -> None:
    caller = writing_caller()
    assert finish_task(caller, caller.send("PUT", vm_path(caller), body("Vm", "web1"))) == "success"
    root = caller.xml(vm_path(caller))
    assert (root.get("name"), root.findtext(f"{VCLOUD}Description")) == ("web1", "Front end")
    assert caller.xml("/api/query?type=vm&filter=name==web1").get("total") == "1"


def test_a_vapp_is_renamed_in_the_records_of_its_vms() -> None:
    caller = writing_caller()
    finish_task(caller, caller.send("PUT", vapp_path(caller), body("VApp", "shop")))
    assert caller.xml("/api/query?type=vm")[-1].get("containerName") == "shop"
    assert caller.xml(vapp_path(caller)).findtext(f"{VCLOUD}Description") == "Front end"


def test_names_are_unique() -> None:
    """Source: protocol/tasks.md §4.2."""
    caller = writing_caller(vms=101)  # The 101st VM is in a second vApp.
    answer = error_of(caller.send("PUT", vm_path(caller), body("Vm", "vm-0002")))
    assert answer == (400, "BAD_REQUEST", 'There is already a VM named "vm-0002".')
    answer = error_of(caller.send("PUT", vapp_path(caller), body("VApp", "org1-vdc1-vapp2")))
    assert answer == (400, "DUPLICATE_NAME", "The VCD entity org1-vdc1-vapp2 already exists.")
    assert error_of(caller.send("PUT", vm_path(caller), body("Vm", "")))[:2] == (400, "BAD_REQUEST")
    assert error_of(caller.send("PUT", vm_path(caller), body("VApp", "x")))[:2] == (400, "BAD_REQUEST")
