"""The version of this package."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The version of this package as installed."""
    try:
        return version("cluster-procurement-optimizer")
    except PackageNotFoundError:
        return "not installed"
