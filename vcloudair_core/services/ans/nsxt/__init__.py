"""The JSON API of NSX-T edge gateways (``/cloudapi``)."""
