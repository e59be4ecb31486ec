"""The DHCP relay of edge gateways."""
