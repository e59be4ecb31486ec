"""The extension surface: ``hooks`` (what can be implemented), ``records`` (what they return), ``manager`` (the loader)."""
