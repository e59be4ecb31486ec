"""Checks of ``vca doctor``, from settings to rights."""
