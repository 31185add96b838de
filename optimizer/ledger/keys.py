"""Ledger accounts: what is counted, in which unit, split by what."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Category:
    """A kind of money. `cash` is money that leaves the bank, else a cost of the objective alone.

    `service` money pays for service of the same quarter: beyond the horizon it is assumed to be worth its price, up
    to the tail value of the settings; other money (credits, fees, residual values) counts in full.
    """

    label: str
    cash: bool = True
    service: bool = False


FEE = Category("signing fees")
PREPAYMENT = Category("prepayments")
CREDIT = Category("prepayment credits")
ENERGY = Category("energy", service=True)
SERVING = Category("serving costs", service=True)
SHORTFALL = Category("shortfall cost", cash=False)
DEFERRAL = Category("deferral cost", cash=False)
VIOLATION = Category("policy violations", cash=False)


@dataclass(frozen=True)
class Supply:
    """Usable GPUs at a site. `segment` is empty where the capacity is there in every segment of the quarter."""

    site: str
    accelerator: str
    firm: bool
    segment: str = ""


@dataclass(frozen=True)
class Installed:
    """Contracted GPUs in service at a site, before availability and losses; averages over the quarter for spot."""

    site: str
    accelerator: str
    firm: bool


@dataclass(frozen=True)
class Draw:
    """IT power drawn at a site, kW."""

    site: str
    accelerator: str


@dataclass(frozen=True)
class Energised:
    """Facility power that a contract adds at a site, MW."""

    site: str


@dataclass(frozen=True)
class Cash:
    """Money paid, USD of the quarter, not discounted; money received is negative."""

    category: Category


@dataclass(frozen=True)
class Commitment:
    """Money newly committed in the quarter of signing, USD: all firm payments of the contract to its end."""


Key = Supply | Installed | Draw | Energised | Cash | Commitment
