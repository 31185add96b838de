"""The run store: every run with its plan, and which plan is approved, in SQLite or PostgreSQL."""

from optimizer.store.bundle import pack, unpack
from optimizer.store.runs import Draft, Event, Run, State
from optimizer.store.store import Store

__all__ = ["Draft", "Event", "Run", "State", "Store", "pack", "unpack"]
