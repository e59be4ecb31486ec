"""DNS forwarding, DHCP forwarding and static routes of NSX-T edge gateways."""
