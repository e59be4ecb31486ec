"""IPsec tunnels of NSX-T edge gateways: codec, store, and status."""
