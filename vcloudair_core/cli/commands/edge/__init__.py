"""Commands for edge gateways: ``vca edge``, ``firewall``, ``nat`` and ``ipsec``."""
