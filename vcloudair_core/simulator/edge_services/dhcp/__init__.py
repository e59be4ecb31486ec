"""The simulated DHCP of NSX-V edge gateways."""
