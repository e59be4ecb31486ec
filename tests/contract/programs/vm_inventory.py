"""Write a table of all VMs, and count the records of other query types."""

import csv
import os

from vcloudair import OrgVdcQuery, VAppQuery, VAppTemplateQuery, VCASession, VMQuery

FIELDS = ("status", "numberOfCpus", "memoryMB", "containerName")

session = VCASession("5.6", os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"])
org_info = session.login(orgname=os.environ["CLOUD_ORG"], vcd_url=os.environ["CLOUD_URL"])

vms = VMQuery(org_info)
vms.set_fields(*FIELDS)
results = vms.execute()
print(results is vms.results, len(results), sorted(vms.fields))

with open("vms.csv", "w", newline="") as target:
    writer = csv.DictWriter(target, ("uuid", "name") + FIELDS)
    writer.writeheader()
    for uuid, fields in results.items():
        writer.writerow(dict(fields, uuid=uuid))

for query in (VAppQuery(org_info), VAppTemplateQuery(org_info), OrgVdcQuery(org_info, version="5.6")):
    print(type(query).__name__, query.params["type"], query.record_name, len(query.execute()))

name = sorted(fields["name"] for fields in results.values())[0]
uuids = vms.find_by_name(name.upper())
print(name, [results[uuid]["status"] for uuid in uuids], vms.find_by_name("no such vm"))

vms.set_fields("noSuchField")
try:
    vms.execute()
    print({fields["noSuchField"] for fields in vms.results.values()})
except RuntimeError:
    print("The server does not know that field.")
vms.set_fields()
print(vms.params["fields"], {len(fields) for fields in vms.execute().values()})
