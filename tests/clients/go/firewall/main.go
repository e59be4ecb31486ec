// Command firewall changes firewalls, groups and port profiles of NSX-T with go-vcloud-director. A failed step ends it
// with status 1.
package main

import (
	"fmt"
	"net/netip"
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

// must reports a step that later steps need, and ends the program if it failed.
func must(name string, err error) {
	step(name, err, "")
	if err != nil {
		os.Exit(1)
	}
}

// addGroups adds an IP set, changes it, and adds a group of a network.
func addGroups(edge *govcd.NsxtEdgeGateway, vdc *govcd.Vdc) *govcd.NsxtFirewallGroup {
	owner := &types.OpenApiReference{ID: edge.EdgeGateway.ID}
	set, err := edge.CreateNsxtFirewallGroup(&types.NsxtFirewallGroup{
		Name: "clients", Type: types.FirewallGroupTypeIpSet, OwnerRef: owner,
		IpAddresses: []string{"10.0.1.0/24", "10.0.3.1-10.0.3.9", "2001:db8::1"},
	})
	must("add IP set", err)
	set.NsxtFirewallGroup.IpAddresses = append(set.NsxtFirewallGroup.IpAddresses, "10.0.4.1")
	set, err = set.Update(set.NsxtFirewallGroup)
	must("change IP set", err)
	step("change IP set", nil, len(set.NsxtFirewallGroup.IpAddresses))
	network, err := vdc.GetOpenApiOrgVdcNetworkByName("lan")
	must("routed network", err)
	step("routed network", nil, network.OpenApiOrgVdcNetwork.NetworkType)
	group, err := edge.CreateNsxtFirewallGroup(&types.NsxtFirewallGroup{
		Name: "machines", Type: types.FirewallGroupTypeSecurityGroup, OwnerRef: owner,
		Members: []types.OpenApiReference{{ID: network.OpenApiOrgVdcNetwork.ID}},
	})
	must("add security group", err)
	vms, err := group.GetAssociatedVms()
	step("VMs of the group", err, len(vms))
	groups, err := edge.GetAllNsxtFirewallGroups(nil, types.FirewallGroupTypeIpSet)
	step("IP sets of the edge", err, len(groups))
	step("delete security group", group.Delete(), "")
	return set
}

// changeFirewall replaces all rules, and deletes them one by one.
func changeFirewall(edge *govcd.NsxtEdgeGateway, set *govcd.NsxtFirewallGroup, profile *govcd.NsxtAppPortProfile) {
	rules := []*types.NsxtFirewallRule{}
	for _, name := range []string{"third", "first", "second"} {
		rules = append(rules, &types.NsxtFirewallRule{
			Name: name, ActionValue: "ALLOW", Enabled: true, IpProtocol: "IPV4", Direction: "IN_OUT",
			SourceFirewallGroups:    []types.OpenApiReference{{ID: set.NsxtFirewallGroup.ID}},
			ApplicationPortProfiles: []types.OpenApiReference{{ID: profile.NsxtAppPortProfile.ID}},
		})
	}
	firewall, err := edge.UpdateNsxtFirewall(&types.NsxtFirewallRuleContainer{UserDefinedRules: rules})
	must("replace rules", err)
	step("replace rules", nil, len(firewall.NsxtFirewallRuleContainer.UserDefinedRules))
	first := firewall.NsxtFirewallRuleContainer.UserDefinedRules[0]
	step("first rule", nil, first.Name+" "+first.SourceFirewallGroups[0].Name)
	step("refuse to delete IP set", nil, set.Delete() != nil)
	step("delete rule", firewall.DeleteRuleById(first.ID), "")
	step("delete rules", firewall.DeleteAllRules(), "")
	firewall, err = edge.GetNsxtFirewall()
	must("rules", err)
	step("rules", nil, len(firewall.NsxtFirewallRuleContainer.UserDefinedRules))
	step("default rules", nil, len(firewall.NsxtFirewallRuleContainer.DefaultRules))
	step("delete IP set", set.Delete(), "")
}

// changeGroupFirewall turns the distributed firewall of a VDC group on, adds rules, and turns it off.
func changeGroupFirewall(group *govcd.VdcGroup) {
	group, err := group.ActivateDfw()
	must("enable distributed firewall", err)
	step("enable distributed firewall", nil, group.VdcGroup.DfwEnabled)
	_, last, err := group.CreateDistributedFirewallRule("", &types.DistributedFirewallRule{
		Name: "last", ActionValue: "DROP", Enabled: true, Direction: "IN_OUT", IpProtocol: "IPV4_IPV6",
	})
	must("add last rule", err)
	step("add last rule", nil, last != nil && last.Rule.Name == "last")
	_, above, err := group.CreateDistributedFirewallRule(last.Rule.ID, &types.DistributedFirewallRule{
		Name: "above", ActionValue: "REJECT", Enabled: true, Direction: "IN", IpProtocol: "IPV4",
	})
	must("add rule above", err)
	step("add rule above", nil, above.Rule.ActionValue)
	firewall, err := group.GetDistributedFirewall()
	names := ""
	for _, rule := range firewall.DistributedFirewallRuleContainer.Values {
		names += rule.Name + ","
	}
	must("distributed rules", err)
	step("distributed rules", nil, names)
	step("delete distributed rule", above.Delete(), "")
	step("delete distributed rules", group.DeleteAllDistributedFirewallRules(), "")
	_, err = group.DisableDefaultPolicy()
	must("disable policy", err)
	group, err = group.DeactivateDfw()
	must("disable distributed firewall", err)
	step("disable distributed firewall", nil, group.VdcGroup.DfwEnabled)
}

func main() {
	address, _ := url.Parse(os.Getenv("VCA_URL") + "/api")
	client := govcd.NewVCDClient(*address, true)
	must("sign in", client.Authenticate(os.Getenv("VCA_USERNAME"), os.Getenv("VCA_PASSWORD"), os.Getenv("VCA_ORG")))
	org, err := client.GetOrgByName(os.Getenv("VCA_ORG"))
	must("org", err)
	adminOrg, err := client.GetAdminOrgByName(os.Getenv("VCA_ORG"))
	must("admin org", err)
	edge, err := org.GetNsxtEdgeGatewayByName("gw1")
	must("NSX-T edge", err)
	vdc, err := org.GetVDCById(edge.EdgeGateway.OwnerRef.ID, false)
	must("VDC of the edge", err)
	step("VDC of the edge", nil, vdc.IsNsxt())
	free, err := edge.GetUnusedExternalIPAddresses(1, netip.Prefix{}, true)
	must("free address", err)
	step("free address", nil, len(free))
	system, err := vdc.GetNsxtAppPortProfileByName("HTTPS", types.ApplicationPortProfileScopeSystem)
	must("system profile", err)
	step("system profile", nil, system.NsxtAppPortProfile.ApplicationPorts[0].DestinationPorts)
	profile, err := org.CreateNsxtAppPortProfile(&types.NsxtAppPortProfile{
		Name: "app", Scope: types.ApplicationPortProfileScopeTenant, ContextEntityId: vdc.Vdc.ID,
		OrgRef:           &types.OpenApiReference{ID: org.Org.ID},
		ApplicationPorts: []types.NsxtAppPortProfilePort{{Protocol: "TCP", DestinationPorts: []string{"8080"}}},
	})
	must("add profile", err)
	profile.NsxtAppPortProfile.ContextEntityId = vdc.Vdc.ID
	profile.NsxtAppPortProfile.ApplicationPorts[0].DestinationPorts = []string{"8081"}
	profile, err = profile.Update(profile.NsxtAppPortProfile)
	must("change profile", err)
	step("change profile", nil, profile.NsxtAppPortProfile.ApplicationPorts[0].DestinationPorts)
	changeFirewall(edge, addGroups(edge, vdc), profile)
	step("delete profile", profile.Delete(), "")
	group, err := adminOrg.GetVdcGroupByName("pair")
	must("VDC group", err)
	step("VDC group", nil, group.IsNsxt())
	shared, err := group.GetNsxtEdgeGatewayByName("left-edge")
	must("edge of the group", err)
	step("edge of the group", nil, govcd.OwnerIsVdcGroup(shared.EdgeGateway.OwnerRef.ID))
	changeGroupFirewall(group)
	step("sign out", client.Disconnect(), "")
	if failed {
		os.Exit(1)
	}
}
