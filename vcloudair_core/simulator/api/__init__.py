"""Routes of the simulated APIs, one module for each API."""
