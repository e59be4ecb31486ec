"""Networks of the organization: subnets, pools and used addresses."""
