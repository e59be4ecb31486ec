"""Auth flows, one module per auth method."""
