"""Define the query types for tenants and for the provider.

Source: protocol/query.md §6-8.
"""

from __future__ import annotations

from dataclasses import dataclass

_TENANT = """
organization OrgRecord OrgReferences: name isReadOnly isEnabled deployedVMQuota storedVMQuota displayName
    canPublishCatalogs numberOfCatalogs numberOfVdcs numberOfVApps numberOfGroups numberOfDisks
orgVdc OrgVdcRecord OrgVdcReferences: name description isEnabled cpuAllocationMhz cpuLimitMhz cpuUsedMhz
    cpuReservedMhz memoryAllocationMB memoryLimitMB memoryUsedMB memoryReservedMB storageLimitMB storageUsedMB
    providerVdcName providerVdc orgName numberOfVApps numberOfMedia numberOfDisks numberOfVAppTemplates isBusy
    status numberOfDatastores numberOfStorageProfiles numberOfVMs numberOfRunningVMs networkPoolUniversalId
    numberOfDeployedVApps
media MediaRecord MediaReferences: ownerName catalogName isPublished name vdc vdcName org creationDate isBusy
    storageB owner catalog catalogItem status storageProfileName version lastSuccessfulSync
vAppTemplate VAppTemplateRecord VAppTemplateReferences: ownerName catalogName isPublished name description vdc
    vdcName org creationDate isBusy isGoldMaster isEnabled status isDeployed isExpired storageProfileName
    version lastSuccessfulSync
vApp VAppRecord VAppReferences: name vdc vdcName isPublic isEnabled isBusy creationDate status ownerName
    isDeployed isInMaintenanceMode isAutoNature isExpired
vm VMRecord VMReferences: name containerName container ownerName owner vdc isVAppTemplate isDeleted guestOs
    numberOfCpus memoryMB status networkName network ipAddress isBusy isDeployed isPublished catalogName
    hardwareVersion vmToolsStatus isInMaintenanceMode isAutoNature storageProfileName gcStatus autoUndeployDate
    autoDeleteDate isAutoUndeployNotified isAutoDeleteNotified
orgNetwork OrgNetworkRecord OrgNetworkReferences: name networkPool networkPoolName org ipScopeId
    isIpScopeInherited gateway netmask dns1 dns2 dnsSuffix isBusy
vAppNetwork VAppNetworkRecord VAppNetworkReferences: name ipScopeId isIpScopeInherited gateway netmask dns1 dns2
    dnsSuffix vApp vAppName isBusy
catalog CatalogRecord CatalogReferences: name description isPublished isShared creationDate orgName ownerName
    numberOfVAppTemplates numberOfMedia owner publishSubscriptionType version status
catalogItem CatalogItemRecord CatalogItemReferences: entity entityName entityType catalog catalogName ownerName
    owner isPublished vdc vdcName isVdcEnabled creationDate isExpired status name
group GroupRecord GroupReferences: name roleName isReadOnly identityProviderType
user UserRecord UserReferences: name fullName isEnabled numberOfDeployedVMs deployedVMQuota numberOfStoredVMs
    storedVMQuota isLdapUser identityProviderType
strandedUser StrandedUserRecord UserReferences: name fullName isInSync numberOfDeployedVMs numberOfStoredVMs org
role RoleRecord RoleReferences: name isReadOnly
right RightRecord RightReferences: name category
task TaskRecord TaskReferences: org orgName name startDate endDate status progress ownerName object objectType
    objectName serviceNamespace
vAppOrgVdcNetworkRelation VAppOrgVdcNetworkRelationRecord VAppOrgVdcNetworkRelationReferences: entityType name
    org orgVdcNetwork orgVdcNetworkName status ownerName
event EventRecord -: eventType timeStamp eventStatus userName orgName entityType entityName serviceNamespace
    entity
edgeGateway EdgeGatewayRecord EdgeGatewayReferences: name vdc numberOfExtNetworks numberOfOrgNetworks isBusy
    orgVdcName availableNetCount gatewayStatus haStatus advancedNetworkingEnabled distributedRoutingEnabled
orgVdcNetwork OrgVdcNetworkRecord OrgVdcNetworkReferences: name defaultGateway netmask dns1 dns2 dnsSuffix
    linkType connectedTo vdc isBusy isShared vdcName isIpScopeInherited usedIpCount totalIpCount interfaceType
    crossVdcNetworkId crossVdcNetworkSiteId
orgVdcStorageProfile OrgVdcStorageProfileRecord OrgVdcStorageProfileReferences: name isEnabled
    isDefaultStorageProfile storageUsedMB storageLimitMB iopsAllocated iopsLimit numberOfConditions vdc vdcName
    isVdcBusy
disk DiskRecord DiskReferences: name vdc sizeB datastore datastoreName ownerName vdcName task storageProfile
    storageProfileName status busType busTypeDesc busSubType isAttached
vmDiskRelation VmDiskRelationRecord -: vdc disk vm
condition ConditionRecord -: object objectType severity summary details occurenceDate
service ServiceRecord ServiceReferences: name vendor namespace
serviceLink ServiceLinkRecord ServiceLinkReferences: rel linkHref mimeType resourceType service resourceId
apiDefinition ApiDefinitionRecord ApiDefinitionReferences: name entryPoint service namespace apiVendor
    serviceName serviceNamespace serviceVendor
fileDescriptor FileDescriptorRecord -: fileUrl apiDefinition fileMimeType name apiName apiNamespace apiVendor
    serviceName serviceNamespace serviceVendor service
"""
_PROVIDER = """
adminVM AdminVMRecord VMReferences: containerName container status vdc hostName isVAppTemplate isDeleted guestOs
    numberOfCpus memoryMB networkName isDeployed isPublished catalogName isVdcEnabled hardwareVersion vmToolsVersion
    datastoreName vc moref org storageProfileName gcStatus
adminVApp AdminVAppRecord VAppReferences: org vdc vdcName isVdcEnabled isEnabled isBusy creationDate status ownerName
    storageKB numberOfVMs memoryAllocationMB isDeployed isInMaintenanceMode isExpired
adminVAppTemplate AdminVAppTemplateRecord VAppTemplateReferences: org ownerName owner isPublished vdc vdcName
    isVdcEnabled catalog catalogName catalogItem creationDate isBusy isGoldMaster isEnabled isExpired isDeployed status
    storageProfileName
adminMedia AdminMediaRecord MediaReferences: org ownerName owner isPublished storageB vdc vdcName isVdcEnabled catalog
    catalogName catalogItem creationDate isBusy status storageProfileName
adminCatalog AdminCatalogRecord CatalogReferences: org isPublished isShared creationDate orgName ownerName
    numberOfTemplates numberOfMedia owner
adminCatalogItem AdminCatalogItemRecord CatalogItemReferences: entity entityName entityType catalog catalogName
    ownerName owner isPublished vdc vdcName isVdcEnabled org creationDate isExpired status
adminOrgVdc AdminVdcRecord AdminVdcReferences: description isEnabled cpuAllocationMhz cpuLimitMhz cpuUsedMhz
    memoryAllocationMB memoryLimitMB memoryUsedMB storageLimitMB storageUsedMB providerVdcName providerVdc orgName org
    numberOfVApps numberOfMedia numberOfDisks numberOfVAppTemplates numberOfStorageProfiles isBusy status
adminOrgVdcStorageProfile AdminOrgVdcStorageProfileRecord AdminOrgVdcStorageProfileReferences: isEnabled
    isDefaultStorageProfile storageUsedMB storageLimitMB numberOfConditions vdc vdcName org vc storageProfileMoref
adminTask AdminTaskRecord TaskReferences: org orgName startDate endDate status progress owner ownerName object
    objectType objectName cellName serviceNamespace hasOwner
adminUser AdminUserRecord UserReferences: org fullName isEnabled numberOfDeployedVMs deployedVMQuota numberOfStoredVMs
    storedVMQuota isLdapUser identityProviderType
adminGroup AdminGroupRecord GroupReferences: org roleName isReadOnly identityProviderType
adminRole AdminRoleRecord -: isReadOnly org orgName
adminEvent AdminEventRecord -: eventId eventType timeStamp eventStatus userName orgName entityType entityName
    serviceNamespace productVersion entity org
adminDisk AdminDiskRecord AdminDiskReferences: vdc sizeB ownerName vdcName org task storageProfile storageProfileName
    status busType busTypeDesc busSubType isAttached
adminVAppNetwork AdminVAppNetworkRecord VAppNetworkReferences: org isIpScopeInherited gateway netmask dns1 dns2
    dnsSuffix vApp vappName isBusy
externalNetwork NetworkRecord NetworkReferences: ipScopeId gateway netmask dns1 dns2 dnsSuffix isBusy
"""
_ADMIN = "application/vnd.vmware.admin."
_USER = "application/vnd.vmware.vcloud."
_MEDIA_TYPES = {
    "edgeGateway": f"{_ADMIN}edgeGateway+xml",
    "orgVdc": f"{_USER}vdc+xml",
    "organization": f"{_USER}org+xml",
    "user": f"{_ADMIN}user+xml",
    "group": f"{_ADMIN}group+xml",
    "role": f"{_ADMIN}role+xml",
    "right": f"{_ADMIN}right+xml",
    "orgVdcStorageProfile": f"{_USER}vdcStorageProfile+xml",
    "adminVM": f"{_USER}vm+xml",
    "adminVApp": f"{_USER}vApp+xml",
    "adminVAppTemplate": f"{_USER}vAppTemplate+xml",
    "adminMedia": f"{_USER}media+xml",
    "adminCatalog": f"{_USER}catalog+xml",
    "adminCatalogItem": f"{_USER}catalogItem+xml",
    "adminOrgVdc": f"{_ADMIN}vdc+xml",
    "adminOrgVdcStorageProfile": f"{_USER}vdcStorageProfile+xml",
    "adminTask": f"{_USER}task+xml",
    "adminUser": f"{_ADMIN}user+xml",
    "externalNetwork": f"{_ADMIN}extension.network+xml",
}


@dataclass(frozen=True)
class QueryType:
    """A query type with its XML elements and attributes.

    ``record`` is the name of the element of one record. ``references`` is the name of the root element in the format
    ``references``. An empty string means that the query type does not support this format.
    """

    name: str
    record: str
    references: str
    attributes: frozenset[str]

    @property
    def media_type(self) -> str:
        """Return the media type of the objects that the records describe."""
        return _MEDIA_TYPES.get(self.name, f"{_USER}{self.name}+xml")


def _types(text: str) -> dict[str, QueryType]:
    types: dict[str, QueryType] = {}
    for line in text.strip().replace("\n    ", " ").splitlines():
        head, _, attributes = line.partition(": ")
        name, record, references = head.split()
        known = frozenset(attributes.split()) | {"href", "id", "type", "name"} | set(_RECORDED.get(name, "").split())
        types[name] = QueryType(name, record, "" if references == "-" else references, known)
    return types


_TASK = "task taskStatus taskStatusName taskDetails"
_RECORDED = {
    "vm": f"isVdcEnabled vmToolsVersion pvdcHighestSupportedHardwareVersion vdcName {_TASK}",
    "edgeGateway": (
        "isSyslogServerSettingInSync task taskOperation taskStatus taskDetails "
        "edgeGatewayType orgName vdcGroupId vdcGroupName deploymentMode"
    ),
    "vApp": f"numberOfVMs numberOfCpus isVdcEnabled memoryAllocationMB storageKB {_TASK}",
    "orgVdc": _TASK,
    "orgVdcNetwork": "task taskOperation taskStatus taskDetails",
}
"""Attributes that the schema does not contain, by query type.

Recorded responses and newer API versions have these attributes. Source: protocol/query.md §7,
protocol/recorded-responses.md §3, protocol/nsxt.md §2.
"""

TYPES = _types(_TENANT)
ADMIN_TYPES = _types(_PROVIDER)
"""Types that only the provider can query. Source: protocol/query.md §6, §7.2."""
