"""Print the average CPU and memory usage of VMs in several time ranges."""

import os

from vcloudair import VCASession, VMQuery
from vcloudair.metrics import Metrics


def average(samples, metric):
    values = [float(row[metric]) for row in samples.values() if metric in row]
    return "{:.2f} of {}".format(sum(values) / len(values), len(values)) if values else "no samples"


session = VCASession("5.6", os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"])
session.login()
org_info = session.login_to_vdc(session.vdc_names[0])
vms = VMQuery(org_info)
vms.execute()

whole = Metrics(org_info)
print(whole.postdata, whole.filters, whole.vms, whole.metric_data)
whole.collect()
print("VMs of the VDC:", len(whole.metric_data))
whole.set_relative_interval("minute", 20)
whole.set_metric_filters("cpu.usage.average")
whole.add_metric_filters("mem.usage.average")
whole.collect()
for uuid in sorted(whole.metric_data):
    samples = whole.metric_data[uuid]
    print(vms.results[uuid]["name"], average(samples, "cpu.usage.average"), average(samples, "mem.usage.average"))
print(whole.filters)

# Two windows of one VM, added together.
[uuid] = vms.find_by_name("vm-0002")
some = Metrics(vcdurl=org_info["vcdurl"], token=org_info["token"], vm_uuids=[uuid])
some.set_metric_filters("cpu.usage.average")
some.set_relative_interval("HOUR", 2, 1)
some.collect()
first = len(some.metric_data[uuid])
held = some.metric_data
some.set_relative_interval("MINUTE", 30, 10)
some.collect()
print(first, len(some.metric_data[uuid]), held is some.metric_data, some.vms == [uuid])
print(sorted({name for row in some.metric_data[uuid].values() for name in row}))

for units in ("DAY", "weeks"):
    try:
        some.set_relative_interval(units, 1)
    except RuntimeError:
        print("No such unit:", units)
try:
    Metrics(token=org_info["token"])
except RuntimeError:
    print("Metrics need a URL.")
try:
    Metrics(org_info, vm_uuids=["00000000-0000-4000-8000-000000000000"]).collect()
except RuntimeError:
    print("No such VM.")
