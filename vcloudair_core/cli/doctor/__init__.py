"""The checks that ``vca doctor`` runs, from settings to rights."""
