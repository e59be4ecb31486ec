"""Steps of ``vca doctor``, from settings to rights, each with a hint."""
