"""Services of an edge beside firewall, NAT and IPsec."""
