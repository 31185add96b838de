"""`optimizer schema`: the reference of every table, the JSON schema of a case, or the mathematics."""

import argparse
import json

from optimizer.catalog import catalog
from optimizer.errors import Exit
from optimizer.report.formulation import formulation_page
from optimizer.tables.reference import json_schema, reference_page


def run(arguments: argparse.Namespace) -> Exit:
    """Print it."""
    if arguments.json:
        print(json.dumps(json_schema(catalog()), indent=2))
    elif arguments.formulation:
        print(formulation_page(), end="")
    else:
        print(reference_page(catalog()), end="")
    return Exit.DONE
