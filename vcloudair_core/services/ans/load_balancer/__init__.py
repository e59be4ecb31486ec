"""The load balancer of edge gateways."""
