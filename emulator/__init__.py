"""Stand-ins for services that cannot be run here."""
