"""The public addresses of edge gateways: allocated, used and free."""
