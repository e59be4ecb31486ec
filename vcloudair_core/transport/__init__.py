"""Transport: HTTP messages, the one-method seam (``base``), and the transport over ``requests``."""
