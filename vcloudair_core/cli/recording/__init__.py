"""Record a tenant as a simulator inventory file."""
