"""L2 VPN tunnels of NSX-T edge gateways: codec, store and status."""
