"""L2 VPN servers of NSX-V edge gateways."""
