"""The extension surface: ``hooks`` (what there is), ``records`` (what they return), ``manager`` (the loader)."""
