"""Every operation, with every fault at every step of it: what comes of it is stated in tests/data/faults.yml."""
