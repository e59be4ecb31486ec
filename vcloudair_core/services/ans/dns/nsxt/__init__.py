"""DNS forwarding of NSX-T edge gateways: codec and store."""
