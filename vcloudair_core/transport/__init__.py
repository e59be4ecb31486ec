"""HTTP messages, transport interface, and transport based on the library requests."""
