"""HTTP messages, the transport interface, and a transport based on the library requests."""
