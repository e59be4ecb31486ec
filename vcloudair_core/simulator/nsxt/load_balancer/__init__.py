"""The load balancer of NSX-T edge gateways (NSX Advanced Load Balancer)."""
