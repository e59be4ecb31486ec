"""Services of an edge other than firewall, NAT and IPsec."""
