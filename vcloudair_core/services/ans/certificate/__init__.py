"""Certificates of NSX-V edge gateways and of the certificate library of NSX-T."""
