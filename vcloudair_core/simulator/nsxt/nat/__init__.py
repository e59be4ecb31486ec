"""NAT of NSX-T edge gateways."""
