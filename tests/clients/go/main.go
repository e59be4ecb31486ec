// Command tour signs in with go-vcloud-director and reads and changes objects. A failed step ends it with status 1.
package main

import (
	"fmt"
	"net/url"
	"os"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

var failed = false

func step(name string, err error, detail any) {
	if err != nil {
		failed = true
		fmt.Printf("failed %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok %s: %v\n", name, detail)
}

// change powers a VM off and on, and adds and deletes a metadata entry.
func change(vm *govcd.VM) {
	task, err := vm.PowerOff()
	if err == nil {
		err = task.WaitTaskCompletion()
	}
	status, _ := vm.GetStatus()
	step("power off", err, status)
	task, err = vm.PowerOn()
	if err == nil {
		err = task.WaitTaskCompletion()
	}
	status, _ = vm.GetStatus()
	step("power on", err, status)
	err = vm.AddMetadataEntryWithVisibility("tier", "gold", types.MetadataStringValue, types.MetadataReadWriteVisibility, false)
	step("add metadata", err, "")
	value, err := vm.GetMetadataByKey("tier", false)
	if err == nil {
		step("read metadata", err, value.TypedValue.Value)
	} else {
		step("read metadata", err, "")
	}
	step("delete metadata", vm.DeleteMetadataEntryWithDomain("tier", false), "")
}

func main() {
	address, _ := url.Parse(os.Getenv("VCA_URL") + "/api")
	client := govcd.NewVCDClient(*address, true)
	err := client.Authenticate(os.Getenv("VCA_USERNAME"), os.Getenv("VCA_PASSWORD"), os.Getenv("VCA_ORG"))
	step("sign in", err, client.Client.APIVersion)
	if err != nil {
		os.Exit(1)
	}
	session, err := client.Client.GetSessionInfo()
	step("session", err, session != nil)
	org, err := client.GetOrgByName(os.Getenv("VCA_ORG"))
	step("org", err, "")
	if err != nil {
		os.Exit(1)
	}
	adminOrg, err := client.GetAdminOrgByName(os.Getenv("VCA_ORG"))
	step("admin org", err, adminOrg != nil)
	vdcs, err := org.QueryOrgVdcList()
	step("query VDCs", err, len(vdcs))
	vdc, err := org.GetVDCByName(os.Getenv("VCA_VDC"), false)
	step("VDC", err, "")
	if err != nil {
		os.Exit(1)
	}
	step("is NSX-V", nil, vdc.IsNsxv())
	vms, err := vdc.QueryVmList(0)
	step("query VMs", err, len(vms))
	vapps := vdc.GetVappList()
	step("vApps", nil, len(vapps))
	if len(vapps) > 0 {
		vapp, err := vdc.GetVAppByName(vapps[0].Name, false)
		step("vApp", err, "")
		if err == nil && vapp.VApp.Children != nil {
			vm, err := vapp.GetVMByName(vapp.VApp.Children.VM[0].Name, false)
			step("VM", err, "")
			if err == nil {
				status, err := vm.GetStatus()
				step("VM status", err, status)
				nics, err := vm.GetNetworkConnectionSection()
				step("VM network connections", err, nics != nil)
				md, err := vm.GetMetadata()
				step("VM metadata", err, md != nil)
				change(vm)
			}
		}
	}
	networks, err := vdc.GetNetworkList()
	step("query networks", err, len(networks))
	if len(networks) > 0 {
		n, err := vdc.GetOrgVdcNetworkByName(networks[0].Name, false)
		step("network", err, n != nil)
	}
	edges, err := vdc.QueryEdgeGatewayList()
	step("query edges", err, len(edges))
	edge, err := vdc.GetEdgeGatewayByName(os.Getenv("VCA_EDGE"), false)
	step("edge", err, "")
	if err == nil {
		rules, err := edge.GetAllNsxvFirewallRules()
		step("firewall rules", err, len(rules))
		nats, err := edge.GetNsxvNatRules()
		step("NAT rules", err, len(nats))
		sets, err := vdc.GetAllNsxvIpSets()
		if govcd.ContainsNotFound(err) {
			err = nil // The client returns this error for an empty list.
		}
		step("IP sets", err, len(sets))
	}
	all, err := client.GetAllNsxtEdgeGateways(nil)
	step("openapi edges", err, len(all))
	nets, err := vdc.GetAllOpenApiOrgVdcNetworks(nil)
	step("openapi networks", err, len(nets))
	roles, err := adminOrg.GetAllRoles(nil)
	step("roles", err, len(roles))
	if len(roles) > 0 {
		rights, err := roles[0].GetRights(nil)
		step("role rights", err, len(rights))
	}
	groups, err := adminOrg.GetAllVdcGroups(nil)
	step("VDC groups", err, len(groups))
	policies, err := org.GetAllVdcComputePolicies(nil)
	step("compute policies", err, len(policies))
	catalogs, err := org.QueryCatalogList()
	step("catalogs", err, len(catalogs))
	tokens, err := client.GetAllTokens(nil)
	step("tokens", err, len(tokens))
	step("sign out", client.Disconnect(), "")
	if failed {
		os.Exit(1)
	}
}
