"""HTTP messages, transport interface, and transport based on ``requests``."""
