"""Edge gateways that NSX-T backs, below ``/cloudapi``."""
