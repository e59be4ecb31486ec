"""The L2 VPN of an edge gateway."""
