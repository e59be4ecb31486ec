"""Conversion of NSX-V edge documents to documents for NSX-T edge gateways."""
