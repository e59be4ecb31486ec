"""Pools and virtual servers of NSX-T edge gateways: codecs and store."""
