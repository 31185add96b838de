"""What contract types are made of: shared terms, and a delivery as it is posted and as it is replayed."""
