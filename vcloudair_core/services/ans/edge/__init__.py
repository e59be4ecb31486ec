"""Edge gateways and their interfaces."""
