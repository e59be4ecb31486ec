"""DHCP, load balancer, routing and other services of an edge."""
