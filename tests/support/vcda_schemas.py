"""JSON schemas of the documents of VMware Cloud Director Availability.

Source: protocol/vcda.md §2, §3, §4.2, §5, §6.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
ANY_TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "integer", "minimum": 1_000_000_000_000}
UUID: Schema = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}


def obj(**fields: Schema) -> Schema:
    """Return the schema of an object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def array(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def choice(*values: Any) -> Schema:
    """Return the schema of one of several values."""
    return {"enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """Return a schema that also accepts null."""
    return {"anyOf": [schema, {"type": "null"}]}


def identifier(prefix: str) -> Schema:
    """Return the schema of a UUID with a prefix."""
    return {"type": "string", "pattern": UUID["pattern"].replace("^", f"^{prefix}-")}


ERROR = obj(code=TEXT, msg=TEXT, args=array(TEXT), stacktrace=TEXT)
SESSION = obj(user=TEXT, roles=array(TEXT), authenticatedSites=array(obj(site=TEXT, org=TEXT)))
SITE = obj(site=TEXT, isLocal=FLAG, state=TEXT, apiUrl=TEXT, isProviderDeployment=FLAG)
INSTANCE = obj(
    key={"type": "string", "pattern": "^replica-"},
    timestamp=TIME,
    sequenceNumber={"type": "integer", "minimum": 1},
    quiescedType=choice("none", "fileSystemQuiesced"),
    transferBytes=NUMBER,
    transferSeconds=NUMBER,
    isPinned=FLAG,
)
_END = {"site": TEXT, "org": TEXT, "vdcId": UUID, "vdcName": TEXT}
DESTINATION = obj(**_END, recoveredVappId=nullable(UUID))
_VM: dict[str, Schema] = {
    "id": identifier("C4"),
    "vappReplicationId": identifier("C4VAPP"),
    "isMigration": FLAG,
    "isPaused": FLAG,
    "isReversed": FLAG,
    "overallHealth": choice("GREEN", "YELLOW", "RED"),
    "dataConnectionState": choice("OK", "SYNCING"),
    "lastUpdated": TIME,
    "owner": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
    "computerName": TEXT,
    "metadata": {"type": "object"},
    "destinationState": obj(
        state=choice("idle", "passive", "opened", "fullsync", "lwd", "prune", "paused", "unknown"),
        stateAge=NUMBER,
        isMovingReplica=FLAG,
        currentRpoViolation=NUMBER,
        spaceRequirement=NUMBER,
        lastError=nullable(ERROR),
        latestInstance=INSTANCE,
        recoveryInfo=obj(
            recoveryState=choice("NOT_STARTED", "IN_PROGRESS", "TEST", "COMPLETE"),
            vAppId=nullable(UUID),
            vcdVmId=nullable(UUID),
        ),
    ),
    "settings": obj(
        rpo={"type": "integer", "minimum": 1, "maximum": 1440},
        description=ANY_TEXT,
        quiesced=FLAG,
        dataConnectionType=choice("ENCRYPTED", "ENCRYPTED_COMPRESSED"),
        initialSyncTime=NUMBER,
        retentionPolicy=obj(rules=array(obj(numberOfInstances=NUMBER, distance=NUMBER))),
        excludedDiskKeys=array(NUMBER),
    ),
}
VM = obj(**_VM, source=obj(**_END, vmId=UUID, vmName=TEXT, vappName=ANY_TEXT), destination=DESTINATION)
VAPP = obj(
    id=identifier("C4VAPP"),
    descriptor=obj(name=TEXT, description=ANY_TEXT, metadata={"type": "object"}, networks=array(TEXT), isGolden=FLAG),
    source=obj(**_END, vappId=UUID),
    destination=DESTINATION,
    owner=TEXT,
    isMigration=FLAG,
    overallHealth=_VM["overallHealth"],
    lastUpdated=TIME,
    vmReplications=array(obj(**_VM)),
)
TASK = obj(
    id=UUID,
    user=TEXT,
    site=TEXT,
    workflowInfo=obj(
        type=TEXT, resourceType=choice("vmReplication", "vappReplication"), resourceId=TEXT, resourceName=TEXT
    ),
    progress={"type": "integer", "minimum": 0, "maximum": 100},
    state=choice("RUNNING", "SUCCEEDED", "FAILED"),
    lastUpdated=TIME,
    startTime=TIME,
    endTime={"anyOf": [TIME, {"const": -1}]},
    resultType={"type": "null"},
    result=nullable(
        {"anyOf": [obj(source=obj(vappName=ANY_TEXT), destination=DESTINATION, vappReplicationId=TEXT), VAPP]}
    ),
    error=nullable(ERROR),
    warnings=array(ERROR),
)
_NETWORK = nullable(obj(id=UUID, name=TEXT))
_VM_NETWORKS = obj(
    copySourceNicSettings=FLAG,
    primaryNicIndex=NUMBER,
    nics=array(
        obj(
            nicIndex=NUMBER,
            isConnected=FLAG,
            resetMacAddress=FLAG,
            network=ANY_TEXT,
            ipAddress=nullable(TEXT),
            ipAddressAllocationMode=choice("MANUAL", "POOL", "DHCP", "NONE"),
            externalIpAddress=nullable(TEXT),
            networkAdapterType=TEXT,
            needsCustomization=FLAG,
            macAddress={"type": "string", "pattern": "^([0-9a-f]{2}:){5}[0-9a-f]{2}$"},
        )
    ),
    computerName=TEXT,
    enableGuestCustomization=FLAG,
)
_VAPP_NETWORKS = obj(
    networkMappings=array(obj(sourceNetworkName=TEXT, sourceOrgVdcNetwork=_NETWORK, destinationOrgVdcNetwork=_NETWORK)),
    copySourceNetworks=FLAG,
    bridgeOrgVdcNetworks=array(_NETWORK),
    bulkConnectVmNics=FLAG,
    resolutionType=TEXT,
)


def network_settings(of_vms: Schema) -> Schema:
    """Return the schema of network settings.

    ``of_vms`` is the schema of ``vmNetworkSettings``.
    """
    half = obj(vAppNetworkSettings=_VAPP_NETWORKS, vmNetworkSettings=of_vms)
    return obj(failoverSettings=half, failoverTestSettings=half)


VM_NETWORK_SETTINGS = network_settings(_VM_NETWORKS)
VAPP_NETWORK_SETTINGS = network_settings({"type": "object", "additionalProperties": _VM_NETWORKS, "minProperties": 1})


def page(items: Schema) -> Schema:
    """Return the schema of a page of a list."""
    return obj(items=array(items), total=NUMBER, offset=NUMBER, limit=NUMBER)


def problems(document: Any, schema: Schema) -> list[str]:
    """Return the violations of a schema, with their paths."""
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(document)]
