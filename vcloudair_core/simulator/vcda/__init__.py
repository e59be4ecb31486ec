"""The simulated endpoint of VMware Cloud Director Availability (VCDA)."""
