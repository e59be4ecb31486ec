"""Auth flows: one module for each way to sign in."""
