"""Edge gateways that NSX-T backs, under ``/cloudapi``."""
