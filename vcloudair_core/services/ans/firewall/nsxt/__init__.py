"""The firewall of NSX-T edge gateways: codec, store, and names in rules."""
