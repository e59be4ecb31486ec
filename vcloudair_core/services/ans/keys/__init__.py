"""Pre-shared keys and other secrets of tunnels."""
