"""Commands for the routing and the DNS forwarding of edge gateways."""
