"""DHCP of the networks of NSX-T edge gateways: codecs, store and checks."""
