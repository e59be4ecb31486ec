"""Table of the query record types and their attributes.

Source: protocol/query.md §6-7.

Each entry contains the name of the record type, the name of its record element and the name of its references element.
If the type has no references, ``-`` replaces the references element. The attributes follow a colon. A suffix is the
data type of an attribute: ``:b`` for booleans, ``:i`` and ``:l`` for integers, ``:float``, ``:t`` for times and ``:u``
for URIs. Attributes without a suffix are text. ``@29.0`` is the first API version with the attribute. ``~`` marks
attributes that only some servers have. Servers may return more attributes.
"""

TABLE = """
aclRule AclRuleRecord AclRuleReferences: org principal name serviceResource principalType resourceClassAction
    orgAccess serviceResourceAccess principalAccess
adminAllocatedExternalAddress AdminAllocatedExternalAddressRecord -
adminApiDefinition AdminApiDefinitionRecord AdminApiDefinitionReferences: name entryPoint service namespace apiVendor
    serviceName serviceNamespace serviceVendor
adminCatalog AdminCatalogRecord CatalogReferences: org name isPublished:b isShared:b creationDate:t orgName ownerName
    numberOfTemplates:i numberOfMedia:i owner
adminCatalogItem AdminCatalogItemRecord CatalogItemReferences: entity entityName entityType catalog catalogName
    ownerName owner isPublished:b vdc vdcName isVdcEnabled:b org creationDate:t isExpired:b status name
adminDisk AdminDiskRecord AdminDiskReferences: name vdc sizeB:l vc datastore datastoreName ownerName vdcName org task
    storageProfile storageProfileName status busType busTypeDesc busSubType isAttached:b
adminEvent AdminEventRecord AdminEventReferences: eventId eventType timeStamp:t eventStatus:i userName orgName
    entityType entityName serviceNamespace productVersion entity org
adminFileDescriptor AdminFileDescriptorRecord AdminFileDescriptorReferences: fileUrl apiDefinition fileMimeType name
    apiName apiNamespace apiVendor serviceName serviceNamespace serviceVendor service
adminGroup AdminGroupRecord GroupReferences: name org roleName isReadOnly:b identityProviderType
adminMedia AdminMediaRecord MediaReferences: org ownerName owner isPublished:b name storageB:l vdc vdcName
    isVdcEnabled:b catalog catalogName catalogItem creationDate:t isBusy:b status storageProfileName
adminOrgNetwork AdminOrgNetworkRecord OrgNetworkReferences
adminOrgVdc AdminVdcRecord AdminVdcReferences: name description@29.0 isEnabled:b cpuAllocationMhz:l cpuLimitMhz:l
    cpuUsedMhz:l cpuOverheadMhz:l@30.0 memoryAllocationMB:l memoryLimitMB:l memoryUsedMB:l memoryOverheadMB:l@30.0
    storageAllocationMB:l~ storageLimitMB:l storageUsedMB:l storageOverheadMB:l@30.0 providerVdcName providerVdc
    orgName org allocationModel:i@30.0 numberOfVApps:i numberOfMedia:i numberOfDisks:i numberOfVAppTemplates:i
    vcName@30.0 isVCEnabled:b@30.0 isSystemVdc:b~ task@30.0 taskStatus@30.0 taskStatusName@30.0 isBusy:b status
    taskDetails@30.0 networkPool vc@30.0 numberOfResourcePools:i@30.0 numberOfStorageProfiles:i cpuReservedMhz:l@30.0
    memoryReservedMB:l@30.0 numberOfVMs:i@30.0 networkPoolUniversalId@30.0 numberOfRunningVMs:i@30.0
    numberOfDeployedVApps:i@30.0
adminOrgVdcStorageProfile AdminOrgVdcStorageProfileRecord AdminOrgVdcStorageProfileReferences: name isEnabled:b
    isDefaultStorageProfile:b storageUsedMB:i storageLimitMB:i iopsAllocated:l@7.0 iopsLimit:l@7.0
    numberOfConditions:i vdc vdcName org vc storageProfileMoref
adminRole AdminRoleRecord -: name@27.0 isReadOnly:b@27.0 org@27.0 orgName@27.0
adminService AdminServiceRecord AdminServiceReferences: name enabled:b exchange priority:i routingKey vendor namespace
    isAuthorizationEnabled:b
adminShadowVM AdminShadowVMRecord VMReferences: isPublished:b name primaryVmName shadowVApp~ primaryVAppTemplate
    primaryVAppName datastoreName vcName isDeleted:b status isBusy:b primaryVMOwner primaryVM primaryVMCatalog org
adminTask AdminTaskRecord TaskReferences: org orgName name startDate:t endDate:t status progress:i@9.0 owner ownerName
    object objectType objectName cellName serviceNamespace hasOwner:b
adminUser AdminUserRecord UserReferences: name org fullName isEnabled:b numberOfDeployedVMs:i deployedVMQuota:i
    numberOfStoredVMs:i storedVMQuota:i isLdapUser:b deployedVMQuotaRank:i storedVMQuotaRank:i identityProviderType
adminVApp AdminVAppRecord VAppReferences: name org vdc vdcName isVdcEnabled:b isEnabled:b isBusy:b creationDate:t
    status ownerName storageKB:l numberOfVMs:i cpuAllocationMhz:i~ memoryAllocationMB:i isDeployed:b
    isInMaintenanceMode:b isAutoNature:b~ isExpired:b
adminVAppNetwork AdminVAppNetworkRecord VAppNetworkReferences: name org isIpScopeInherited:b gateway netmask dns1 dns2
    dnsSuffix vApp vappName isBusy:b
adminVAppTemplate AdminVAppTemplateRecord VAppTemplateReferences: org ownerName owner isPublished:b name vdc vdcName
    isVdcEnabled:b catalog catalogName catalogItem creationDate:t isBusy:b isGoldMaster:b isEnabled:b isExpired:b
    isDeployed:b status storageProfileName
adminVM AdminVMRecord VMReferences: name containerName container status vdc hostName isVAppTemplate:b isDeleted:b
    guestOs numberOfCpus:i memoryMB:i networkName isDeployed:b isPublished:b catalogName isVdcEnabled:b
    hardwareVersion:i vmToolsVersion:i datastoreName vc moref org storageProfileName gcStatus@13.0 isAutoNature:b~
adminVMDiskRelation AdminVmDiskRelationRecord -: vdc disk vm
allocatedExternalAddress AllocatedExternalAddressRecord -
apiDefinition ApiDefinitionRecord ApiDefinitionReferences: name entryPoint service namespace apiVendor serviceName
    serviceNamespace serviceVendor
apiFilter ApiFilterRecord ApiFilterReferences: urlPattern service
blockingTask BlockingTaskRecord BlockingTaskReferences: status operationName owner ownerName originatingOrgName
    originatingOrg creationDate:t expirationTime:t timeoutAction task jobStatus hasOwner:b
catalog CatalogRecord CatalogReferences: name description@30.0 isPublished:b isShared:b creationDate:t orgName
    ownerName numberOfVAppTemplates:i numberOfMedia:i owner publishSubscriptionType@30.0 version:l@30.0 status@30.0
catalogItem CatalogItemRecord CatalogItemReferences: entity entityName entityType catalog catalogName ownerName owner
    isPublished:b vdc vdcName isVdcEnabled:b creationDate:t isExpired:b status name
cell CellRecord -: primaryIp name isActive:i isVMwareVc:i buildDate:t version
condition ConditionRecord -: object objectType severity summary details occurenceDate:t
datastore DatastoreRecord DatastoreReferences: name datastoreType isEnabled:b isDeleted:b storageUsedMB:l storageMB:l
    provisionedStorageMB:l requestedStorageMB:l vc vcName moref numberOfProviderVdcs:i iopsCapacity:l@9.0
    iopsAllocated:l@9.0
datastoreProviderVdcRelation DatastoreProviderVdcRelationRecord -: name datastoreType isEnabled:b isDeleted:b
    storageUsedMB:float storageMB:float provisionedStorageMB:float requestedStorageMB:float vc vcName moref
    providerVdc datastore
disk DiskRecord DiskReferences: name vdc sizeB:l datastore datastoreName ownerName vdcName task storageProfile
    storageProfileName status busType busTypeDesc busSubType isAttached:b
dvSwitch DvSwitchRecord -: moref name vc vcName isVCEnabled:b
edgeGateway EdgeGatewayRecord EdgeGatewayReferences: name vdc numberOfExtNetworks:i numberOfOrgNetworks:i isBusy:b
    orgVdcName@29.0 availableNetCount:i@29.0 gatewayStatus haStatus advancedNetworkingEnabled:b@7.0
    distributedRoutingEnabled:b@29.0 isSyslogServerSettingInSync:b~ task~ taskOperation~ taskStatus~ taskDetails~
event EventRecord -: eventType timeStamp:t eventStatus:i userName orgName entityType entityName serviceNamespace
    entity
externalLocalization ExternalLocalizationRecord -: serviceNamespace locale key value
externalNetwork NetworkRecord NetworkReferences: name ipScopeId gateway netmask dns1 dns2 dnsSuffix isBusy:b
fileDescriptor FileDescriptorRecord -: fileUrl apiDefinition fileMimeType name apiName apiNamespace apiVendor
    serviceName serviceNamespace serviceVendor service
group GroupRecord GroupReferences: name roleName isReadOnly:b identityProviderType
host HostRecord HostReferences: name isEnabled:b isDeleted:b isBusy:b isPrepared:b isSupported:b isHung:b
    isPendingUpgrade:b state:i osVersion isCrossHostEnabled:b numberOfVMs:i isInMaintenanceMode:b vc vcName
media MediaRecord MediaReferences: ownerName catalogName isPublished:b name vdc vdcName org creationDate:t isBusy:b
    storageB:l owner catalog catalogItem status storageProfileName version:l@30.0 lastSuccessfulSync:t@30.0 isIso:b~
    isInCatalog:b~ task~ taskStatus~ taskStatusName~ taskDetails~
networkPool NetworkPoolRecord NetworkPoolReferences: name networkPoolType:i isBusy:b universalId@30.0
organization OrgRecord OrgReferences: name isReadOnly:b isEnabled:b deployedVMQuota:i storedVMQuota:i displayName
    canPublishCatalogs:b numberOfCatalogs:i numberOfVdcs:i numberOfVApps:i numberOfGroups:i numberOfDisks:i
orgNetwork OrgNetworkRecord OrgNetworkReferences: name networkPool networkPoolName org ipScopeId isIpScopeInherited:b
    gateway netmask dns1 dns2 dnsSuffix isBusy:b
orgVdc OrgVdcRecord OrgVdcReferences: name description@29.0 isEnabled:b cpuAllocationMhz:l cpuLimitMhz:l cpuUsedMhz:l
    cpuReservedMhz:l@30.0 memoryAllocationMB:l memoryLimitMB:l memoryUsedMB:l memoryReservedMB:l@30.0
    storageAllocationMB:l~ storageLimitMB:l storageUsedMB:l providerVdcName providerVdc orgName numberOfVApps:i
    numberOfMedia:i numberOfDisks:i numberOfVAppTemplates:i isSystemVdc:b~ isBusy:b status numberOfDatastores:i
    numberOfStorageProfiles:i numberOfVMs:i@30.0 numberOfRunningVMs:i@30.0 networkPoolUniversalId@30.0
    numberOfDeployedVApps:i@30.0 allocationModel~ vcName~ numberOfUnmanagedVApps:i~ task~ taskStatus~ taskStatusName~
    taskDetails~
orgVdcNetwork OrgVdcNetworkRecord OrgVdcNetworkReferences: name defaultGateway netmask dns1 dns2 dnsSuffix linkType:i
    connectedTo vdc isBusy:b isShared:b vdcName isIpScopeInherited:b usedIpCount:i@29.0 totalIpCount:i@29.0
    interfaceType:i@29.0 crossVdcNetworkId@30.0 crossVdcNetworkSiteId@30.0 task~ taskOperation~ taskStatus~
    taskDetails~
orgVdcResourcePoolRelation OrgVdcResourcePoolRelationRecord -: vdc vc resourcePoolMoref
orgVdcStorageProfile OrgVdcStorageProfileRecord OrgVdcStorageProfileReferences: name isEnabled:b
    isDefaultStorageProfile:b storageUsedMB:i storageLimitMB:i iopsAllocated:l@7.0 iopsLimit:l@7.0
    numberOfConditions:i vdc vdcName isVdcBusy:b
portgroup PortgroupRecord -: moref name portgroupType vc vcName isVCEnabled:b network networkName scopeType:i
providerVdc VMWProviderVdcRecord VMWProviderVdcReferences: name isEnabled:b isDeleted:b vcpuRatingMhz:i cpuUsedMhz:l
    cpuLimitMhz:l cpuAllocationMhz:l memoryUsedMB:l memoryLimitMB:l memoryAllocationMB:l storageUsedMB:l
    storageLimitMB:l storageAllocationMB:l numberOfDatastores:i numberOfVdcs:i isBusy:b status
    numberOfStorageProfiles:i
providerVdcResourcePoolRelation ProviderVdcResourcePoolRelationRecord -: name resourcePoolMoref
    cpuReservationLimitMhz:l cpuReservationAllocationMhz:l isEnabled:b memoryReservationLimitMB:l
    memoryReservationAllocationMB:l isPrimary:b providerVdc vc vcName numberOfVMs:i
providerVdcStorageProfile ProviderVdcStorageProfileRecord ProviderVdcStorageProfileReferences: isEnabled:b name
    storageTotalMB:l storageUsedMB:l storageRequestedMB:l storageProvisionedMB:l numberOfConditions:i providerVdc vc
    storageProfileMoref iopsCapacity:l@26.0 iopsAllocated:l@26.0
resourceClass ResourceClassRecord ResourceClassReferences: name service mimeType urlTemplate nid urnPattern
resourceClassAction ResourceClassActionRecord ResourceClassActionReferences: name httpMethod urlPattern resourceClass
resourcePool ResourcePoolRecord -: name moref isDeleted:b vc vcName
resourcePoolVmList ResourcePoolVMRecord VMReferences: name status containerName guestOs isDeployed:b isBusy:b
    hardwareVersion:i
right RightRecord RightReferences: name category
role RoleRecord -: name isReadOnly:b
service ServiceRecord ServiceReferences: name vendor namespace
serviceLink ServiceLinkRecord ServiceLinkReferences: rel linkHref mimeType resourceType service resourceId
serviceResource ServiceResourceRecord ServiceResourceResourceReferences: name org resourceClass externalObjectId
strandedItem StrandedItemRecord StrandedItemReferences: name vimObjectType parentName deletionDate:t parent
    numberOfPurgeAttempts:i
strandedUser StrandedUserRecord UserReferences: name fullName isInSync:b numberOfDeployedVMs:i numberOfStoredVMs:i org
task TaskRecord TaskReferences: org orgName name startDate:t endDate:t status progress:i@9.0 ownerName object
    objectType objectName serviceNamespace operationFull~ message~
user UserRecord UserReferences: name fullName isEnabled:b numberOfDeployedVMs:i deployedVMQuota:i numberOfStoredVMs:i
    storedVMQuota:i isLdapUser:b identityProviderType
vApp VAppRecord VAppReferences: name vdc vdcName isPublic:b isEnabled:b isBusy:b creationDate:t status ownerName
    isDeployed:b isInMaintenanceMode:b isAutoNature:b~ isExpired:b numberOfVMs:i~ numberOfCpus:i~ cpuAllocationMhz:l~
    cpuAllocationInMhz:l~ storageKB:l~ memoryAllocationMB:l~ isAutoDeleteNotified:b~ isAutoUndeployNotified:b~
    isVdcEnabled:b~ honorBookOrder:b~ lowestHardwareVersionInVApp:i~ task~ taskStatus~ taskStatusName~ taskDetails~
vAppNetwork VAppNetworkRecord VAppNetworkReferences: name ipScopeId isIpScopeInherited:b gateway netmask dns1 dns2
    dnsSuffix vApp vAppName isBusy:b
vAppOrgNetworkRelation VAppOrgNetworkRelationRecord VAppOrgNetworkRelationReferences
vAppOrgVdcNetworkRelation VAppOrgVdcNetworkRelationRecord VAppOrgVdcNetworkRelationReferences: entityType name org
    orgVdcNetwork orgVdcNetworkName status ownerName
vAppTemplate VAppTemplateRecord VAppTemplateReferences: ownerName catalogName isPublished:b name description@5.7 vdc
    vdcName org creationDate:t isBusy:b isGoldMaster:b isEnabled:b status isDeployed:b isExpired:b storageProfileName
    version:l@30.0 lastSuccessfulSync:t@30.0
virtualCenter VirtualCenterRecord VirtualCenterReferences: name url userName isEnabled:b vcVersion status vsmIP
    isBusy:b listenerState@13.0 uuid isSupported:b
vm VMRecord VMReferences: name containerName container ownerName@5.7 owner@5.7 vdc isVAppTemplate:b isDeleted:b
    guestOs numberOfCpus:i memoryMB:i status networkName network@5.7 ipAddress@5.7 isBusy:b isDeployed:b isPublished:b
    catalogName hardwareVersion:i vmToolsStatus@29.0 isInMaintenanceMode:b isAutoNature:b~ storageProfileName
    gcStatus@13.0 autoUndeployDate:t@29.0 autoDeleteDate:t@29.0 isAutoUndeployNotified:b@29.0
    isAutoDeleteNotified:b@29.0 vdcName~ isVdcEnabled:b~ vmToolsVersion~ pvdcHighestSupportedHardwareVersion:i~ task~
    taskStatus~ taskStatusName~ taskDetails~
vmDiskRelation VmDiskRelationRecord -: vdc disk vm
vmGroups VmGroupsRecord VmGroupsReferences: vmGroupId@27.0 vmGroupName@27.0 clusterMoref@27.0 vcId@27.0
vmGroupVms VmGroupVmsRecord VmGroupVmsReferences: vmGroupName@5.5 vmName@5.5 vmMoref@5.5 vappName@5.5 vappId@5.5
    orgVdcName@5.5 orgVdcId@5.5 clusterMoref@5.5 vcId@5.5 vmGroupId@5.5 isVappTemplate:b@5.5
"""
