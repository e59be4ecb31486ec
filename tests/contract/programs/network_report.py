"""List networks, tasks and some VMs, using query types without a class in the SDK."""

import os

from vcloudair import VCASession
from vcloudair.query import QueryBase, VMQuery, query_record_types


class OrgNetworkQuery(QueryBase):
    """Networks of the org."""

    def __init__(self, org_info=None, version=None, vcdurl=None, token=None):
        super().__init__(org_info, version, vcdurl, token)
        self.params["type"] = "orgVdcNetwork"
        self.record_name = "OrgVdcNetworkRecord"


class RunningVMQuery(VMQuery):
    """Running VMs, sorted by name, in small pages."""

    def __init__(self, org_info):
        super().__init__(org_info)
        self.params["filter"] = "status==POWERED_ON;isVAppTemplate==false"
        self.params["sortAsc"] = "name"
        self.params["pageSize"] = 5

    def execute(self):
        found = super().execute()
        return [fields["name"] for fields in found.values()]


session = VCASession("5.6", os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"])
org_info = session.login(orgname=os.environ["CLOUD_ORG"], vcd_url=os.environ["CLOUD_URL"])

networks = OrgNetworkQuery(org_info)
networks.set_fields("defaultGateway", "netmask")
for fields in networks.execute().values():
    print(fields["name"], fields["defaultGateway"], fields["netmask"])

running = RunningVMQuery(org_info)
print(running.execute())
print(running.params["page"], running.find_by_name("vm-0002") != [])

generic = QueryBase(org_info)
print(generic.record_name == "", generic.results, generic.fields, generic.params["format"])
generic.set_query_type("vApp")
print(generic.record_name, "vm" in query_record_types, len(generic.execute()))
for wrong in ("VM", "machine", ""):
    try:
        generic.set_query_type(wrong)
    except RuntimeError:
        print("No query type:", repr(wrong))

query_record_types["catalog"] = "CatalogRecord"
generic.set_query_type("catalog")
print(sorted(fields["name"] for fields in generic.execute().values()))
generic.record_name = "VMRecord"
print(generic.execute())
generic.params["filter"] = "noSuchAttribute==1"
try:
    generic.execute()
except RuntimeError as error:
    print("Refused.", generic.results, isinstance(error, ValueError))
