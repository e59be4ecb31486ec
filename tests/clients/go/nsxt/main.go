// Command nsxt changes services of an NSX-T edge gateway with go-vcloud-director. A failed step ends it with status 1.
package main

import (
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

const peer = "198.51.100.7"

var failed = false

func step(name string, err error, detail any) {
	if err != nil {
		failed = true
		fmt.Printf("failed %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok %s: %v\n", name, detail)
}

func must(name string, err error) {
	step(name, err, "")
	if err != nil {
		os.Exit(1)
	}
}

// changeNat creates a rule of each type, changes it and deletes it.
func changeNat(edge *govcd.NsxtEdgeGateway, external string) {
	kinds := map[string][2]string{
		"DNAT": {external, "10.0.0.5"}, "SNAT": {external, "10.0.0.0/24"}, "NO_DNAT": {external, ""},
		"NO_SNAT": {"", "10.0.0.0/24"}, "REFLEXIVE": {external, "10.0.0.6"},
	}
	for kind, addresses := range kinds {
		rule := &types.NsxtNatRule{Name: kind, Enabled: true, ExternalAddresses: addresses[0], InternalAddresses: addresses[1]}
		if kind == "REFLEXIVE" {
			rule.Type = kind
		} else {
			rule.RuleType = kind
		}
		created, err := edge.CreateNatRule(rule)
		if err != nil {
			step("create "+kind, err, "")
			continue
		}
		step("create "+kind, nil, created.NsxtNatRule.RuleType+"/"+created.NsxtNatRule.Type)
		rule.ID, rule.Name = created.NsxtNatRule.ID, kind+"-updated"
		updated, err := created.Update(rule)
		if err == nil {
			step("update "+kind, nil, updated.NsxtNatRule.Name)
		} else {
			step("update "+kind, err, "")
		}
		step("delete "+kind, created.Delete(), "")
	}
	rest, err := edge.GetAllNatRules(nil)
	step("remaining NAT rules", err, len(rest))
}

func tunnel(external, name string) *types.NsxtIpSecVpnTunnel {
	return &types.NsxtIpSecVpnTunnel{
		Name: name, Enabled: true, PreSharedKey: "PSK-Sec", SecurityType: "DEFAULT",
		LocalEndpoint:  types.NsxtIpSecVpnTunnelLocalEndpoint{LocalAddress: external, LocalNetworks: []string{"10.10.10.0/24"}},
		RemoteEndpoint: types.NsxtIpSecVpnTunnelRemoteEndpoint{RemoteId: peer, RemoteAddress: peer, RemoteNetworks: []string{"20.20.20.0/24"}},
	}
}

// changeIpsec creates, changes and deletes a tunnel, and its security profile.
func changeIpsec(edge *govcd.NsxtEdgeGateway, external string) {
	config := tunnel(external, "to-hq")
	created, err := edge.CreateIpSecVpnTunnel(config)
	must("create tunnel", err)
	step("key by ID", nil, created.NsxtIpSecVpn.PreSharedKey)
	listed, err := edge.GetAllIpSecVpnTunnels(nil)
	must("list tunnels", err)
	step("key in list", nil, listed[0].NsxtIpSecVpn.PreSharedKey)
	_, err = edge.CreateIpSecVpnTunnel(tunnel(external, "twin"))
	step("twin is refused", nil, err != nil && strings.Contains(err.Error(), "is already in use"))
	lifetime, tunnelLifetime := 86400, 3600
	profile := &types.NsxtIpSecVpnTunnelSecurityProfile{
		SecurityType: "CUSTOM",
		IkeConfiguration: types.NsxtIpSecVpnTunnelProfileIkeConfiguration{
			IkeVersion: "IKE_V2", EncryptionAlgorithms: []string{"AES_128"}, DigestAlgorithms: []string{"SHA2_256"},
			DhGroups: []string{"GROUP14"}, SaLifeTime: &lifetime,
		},
		TunnelConfiguration: types.NsxtIpSecVpnTunnelProfileTunnelConfiguration{
			PerfectForwardSecrecyEnabled: true, DfPolicy: "CLEAR", EncryptionAlgorithms: []string{"AES_256"},
			DigestAlgorithms: []string{"SHA2_256"}, DhGroups: []string{"GROUP14"}, SaLifeTime: &tunnelLifetime,
		},
		DpdConfiguration: types.NsxtIpSecVpnTunnelProfileDpdConfiguration{ProbeInterval: 3},
	}
	changed, err := created.UpdateTunnelConnectionProperties(profile)
	step("profile is echoed", err, reflect.DeepEqual(changed, profile))
	status, err := created.GetStatus()
	must("read status", err)
	step("tunnel status", nil, status.TunnelStatus)
	latest, err := edge.GetIpSecVpnTunnelById(created.NsxtIpSecVpn.ID)
	must("read tunnel", err)
	step("security type", nil, latest.NsxtIpSecVpn.SecurityType)
	latest.NsxtIpSecVpn.SecurityType = "DEFAULT"
	latest.NsxtIpSecVpn.RemoteEndpoint.RemoteAddress = "198.51.100.8"
	updated, err := created.Update(latest.NsxtIpSecVpn)
	must("update tunnel", err)
	step("new peer", nil, updated.NsxtIpSecVpn.RemoteEndpoint.RemoteAddress)
	reset, err := updated.GetTunnelConnectionProperties()
	must("read profile", err)
	step("reset profile", nil, reset.SecurityType+" "+reset.TunnelConfiguration.EncryptionAlgorithms[0])
	step("delete tunnel", updated.Delete(), "")
}

// changeNetwork changes DNS, the DHCP forwarder and static routes.
func changeNetwork(edge *govcd.NsxtEdgeGateway) {
	dns, err := edge.UpdateDnsConfig(&types.NsxtEdgeGatewayDns{
		Enabled: true, ListenerIp: "10.255.255.1",
		DefaultForwarderZone: &types.NsxtDnsForwarderZoneConfig{DisplayName: "Default", UpstreamServers: []string{"192.0.2.53"}},
	})
	must("update DNS", err)
	step("DNS zone has an ID", nil, dns.NsxtEdgeGatewayDns.DefaultForwarderZone.ID != "")
	step("delete DNS", dns.Delete(), "")
	forwarder, err := edge.UpdateDhcpForwarder(&types.NsxtEdgeGatewayDhcpForwarder{Enabled: true, DhcpServers: []string{"10.9.0.2"}})
	must("update DHCP forwarder", err)
	step("DHCP servers", nil, forwarder.DhcpServers)
	route, err := edge.CreateStaticRoute(&types.NsxtEdgeGatewayStaticRoute{
		Name: "to-dc", NetworkCidr: "10.9.0.0/16",
		NextHops: []types.NsxtEdgeGatewayStaticRouteNextHops{{AdminDistance: 1, IPAddress: "10.0.1.254"}},
	})
	must("create static route", err)
	route.NsxtEdgeGatewayStaticRoute.Name = "to-other"
	changed, err := route.Update(route.NsxtEdgeGatewayStaticRoute)
	must("update static route", err)
	step("static route", nil, changed.NsxtEdgeGatewayStaticRoute.Name)
	step("delete static route", changed.Delete(), "")
}

func main() {
	address, _ := url.Parse(os.Getenv("VCA_URL") + "/api")
	client := govcd.NewVCDClient(*address, true)
	must("sign in", client.Authenticate(os.Getenv("VCA_USERNAME"), os.Getenv("VCA_PASSWORD"), os.Getenv("VCA_ORG")))
	all, err := client.GetAllNsxtEdgeGateways(nil)
	must("edges", err)
	for _, edge := range all {
		if edge.EdgeGateway.GatewayBacking.GatewayType != "NSXT_BACKED" {
			continue
		}
		external := edge.EdgeGateway.EdgeGatewayUplinks[0].Subnets.Values[0].PrimaryIP
		changeNat(edge, external)
		changeIpsec(edge, external)
		changeNetwork(edge)
	}
	step("sign out", client.Disconnect(), "")
	if failed {
		os.Exit(1)
	}
}
