"""NAT of NSX-T edge gateways: codec, store, and port profiles."""
