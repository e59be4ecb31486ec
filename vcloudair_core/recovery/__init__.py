"""Recovery plans: what is to be brought over in which order, carried out, written down, and reported on."""
