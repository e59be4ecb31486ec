"""Test the recovery of all VMs, clean up, and then fail over one VM."""

import csv
import os
import time

from vcloudair import VCAODSession
from vcloudair.dr import DisasterRecovery

account = VCAODSession(username=os.environ["CLOUD_USER"], password=os.environ["CLOUD_PASSWORD"])
account.login()
recovery = DisasterRecovery(account.login_to_instance(0))
errors = recovery.action_errors
print(recovery.replications, errors, recovery.version)
recovery.retrieve_replications()
print(sorted(entry["name"] for entry in recovery.replications.values()))

recovery.dump_replication_details()
with open("details.csv") as source:
    names = dict(csv.reader(source))
print(sorted(names.values()), {uuid: entry["name"] for uuid, entry in recovery.replications.items()} == names)
recovery.dump_replication_details(filelocation="again.csv")


def report(action):
    for uuid, name, _ in sorted(recovery.action_errors, key=lambda error: error[1]):
        print(action, "failed for", name, names[uuid] == name)
    print(action, len(recovery.action_errors), "errors, one list:", errors is recovery.action_errors)
    time.sleep(float(os.environ["CLOUD_PAUSE"]))  # the service continues after the end of its task


# The service rejects one of the VMs.
recovery.do_test_failover(power_on=True, total=True)
report("test")
tested = [uuid for uuid in recovery.replications if uuid not in [error[0] for error in recovery.action_errors]]
recovery.do_test_cleanup(*tested)
report("cleanup")
uuid = sorted(tested, key=names.get)[0]
recovery.do_failover(uuid, uuid, power_on=False)
report("failover")
recovery.task_pool.join()

try:
    DisasterRecovery(vcdurl="https://cloud.example.test", token="t")
except RuntimeError:
    print("An org is needed.")
