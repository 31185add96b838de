"""The case: who buys, where, with what, for which demand, over which quarters."""
