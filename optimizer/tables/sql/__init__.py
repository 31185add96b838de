"""A case in a SQL database, one table or view for each of its tables; tables of a plan appended to one.

The modules import SQLAlchemy, so they are imported only where an address of a database is given.
"""

from optimizer.tables.sql.read import read_database
from optimizer.tables.sql.write import append, write_database

__all__ = ["append", "read_database", "write_database"]
