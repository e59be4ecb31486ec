// Command edits reads the firewall and the IP sets of an NSX-T edge gateway, or rejects the traffic of a rule, with
// go-vcloud-director. The output is JSON.
package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

type services struct {
	Rules  []*types.NsxtFirewallRule
	IpSets map[string][]string
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func read(edge *govcd.NsxtEdgeGateway) services {
	firewall, err := edge.GetNsxtFirewall()
	must(err)
	found := services{Rules: firewall.NsxtFirewallRuleContainer.UserDefinedRules, IpSets: map[string][]string{}}
	sets, err := edge.GetAllNsxtFirewallGroups(nil, types.FirewallGroupTypeIpSet)
	must(err)
	for _, summary := range sets {
		set, err := edge.GetNsxtFirewallGroupById(summary.NsxtFirewallGroup.ID)
		must(err)
		found.IpSets[set.NsxtFirewallGroup.Name] = set.NsxtFirewallGroup.IpAddresses
	}
	return found
}

// reject replaces the firewall, with another action in the rule.
func reject(edge *govcd.NsxtEdgeGateway, name string) {
	firewall, err := edge.GetNsxtFirewall()
	must(err)
	for _, rule := range firewall.NsxtFirewallRuleContainer.UserDefinedRules {
		if rule.Name == name {
			rule.ActionValue = "REJECT"
		}
	}
	_, err = edge.UpdateNsxtFirewall(firewall.NsxtFirewallRuleContainer)
	must(err)
}

func main() {
	address, _ := url.Parse(os.Getenv("VCA_URL") + "/api")
	client := govcd.NewVCDClient(*address, true)
	must(client.Authenticate(os.Getenv("VCA_USERNAME"), os.Getenv("VCA_PASSWORD"), os.Getenv("VCA_ORG")))
	org, err := client.GetOrgByName(os.Getenv("VCA_ORG"))
	must(err)
	edge, err := org.GetNsxtEdgeGatewayByName(os.Getenv("VCA_EDGE"))
	must(err)
	if os.Args[1] == "reject" {
		reject(edge, os.Args[2])
	}
	must(json.NewEncoder(os.Stdout).Encode(read(edge)))
	must(client.Disconnect())
}
