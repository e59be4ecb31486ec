"""HTTP messages, the transport interface (``base``), and the transport over ``requests``."""
