"""From an entry of the config to files with digests."""
