"""A checkout as the tool sees it: read once, parsed once, never written here."""
