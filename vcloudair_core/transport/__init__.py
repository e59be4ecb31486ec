"""HTTP messages, transport interface, and the transport over requests."""
