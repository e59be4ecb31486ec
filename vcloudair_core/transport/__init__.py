"""How a request reaches a server: ``base`` (the one-method seam), ``requests_`` (the real one)."""
