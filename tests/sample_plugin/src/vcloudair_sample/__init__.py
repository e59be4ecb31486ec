"""A sample plugin of vcloudair-core."""
