"""The extension surface: ``hooks`` (what can be implemented), ``records`` (what hooks return), ``manager`` (who loads them)."""
