"""`optimizer schema`: the reference of every table, or the JSON schema of a case."""

import argparse
import json

from optimizer.catalog import catalog
from optimizer.errors import Exit
from optimizer.tables.reference import json_schema, reference_page


def run(arguments: argparse.Namespace) -> Exit:
    """Print it."""
    print(json.dumps(json_schema(catalog()), indent=2) if arguments.json else reference_page(catalog()))
    return Exit.DONE
