"""The DHCP section of an edge gateway: address pools and static bindings."""
