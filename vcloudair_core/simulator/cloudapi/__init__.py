"""Routes under ``/cloudapi`` and ``/oauth``."""
