"""Commands for static routes and DNS forwarding on edge gateways."""
