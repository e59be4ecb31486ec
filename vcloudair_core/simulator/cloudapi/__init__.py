"""Routes below ``/cloudapi`` and ``/oauth``."""
