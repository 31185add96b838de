"""How a database of the store comes from one version of its tables to the next."""
