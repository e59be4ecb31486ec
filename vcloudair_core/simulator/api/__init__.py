"""Routes of the simulated APIs, with one module for each API."""
