"""IPsec VPN of NSX-T edge gateways."""
