"""Plans to show on a page: one that holds something of everything, and how a page is read back."""

import re
from html.parser import HTMLParser
from pathlib import Path

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import Site, Workload
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.option import Option
from optimizer.contracts.purchase import Purchase
from optimizer.plan.audit import audit
from optimizer.plan.plan import Plan
from optimizer.report.page import write_page
from optimizer.run import Request
from tests.builders import across, add, demanded, edit, one_site, power, solved, spot

VOID = {"meta", "br", "img", "link", "input", "hr"}


def everything(quarters: int, base: str = "firm", site: str = "second home", title: str = "Everything at once") -> Case:
    """A case with every contract type, deferral, shortfall and a power limit; `base`, `site`, `title` are user text."""
    demand = [9_000.0 + 800.0 * t for t in range(quarters)]
    case = one_site(*demand, discount_rate=0.1, hours_per_quarter=0.0, title=title)
    terms = {"supplier": "acme", "site": site, "accelerator": "h100", "gpus_per_block": 1000.0}
    case = edit(case, Block, "b", max_blocks=2.0, gpus_per_block=1000.0, term_quarters=6, ramp=(0.5, 1.0))
    case = edit(case, Workload, "train", firm_share=0.7)
    return add(
        case,
        Site(site),
        power(site, *(1.0 + 0.5 * t for t in range(quarters))),
        *demanded("patient", *(1_000.0 for _ in demand), deferral_quarters=2, deferral_cost_usd_per_unit_hour=0.01),
        Block(
            **terms, block=base, price_usd_per_gpu_hour=0.9, lead_quarters=1, term_quarters=8, max_blocks=3.0,
            signing_fee_usd=1e5, prepayment_share=0.2, credit_after_quarters=2, must_sign=True,
        ),
        Option(
            **terms, option="more", expands=base, max_ratio=1.0, premium_usd_per_block=1e4, price_usd_per_gpu_hour=0.8,
            term_quarters=4, max_blocks=4.0,
        ),
        Backstop(
            **terms, backstop="standby", comes_with=base, price_usd_per_gpu_hour=0.7, term_quarters=3, cap_blocks=1.0
        ),
        BackstopDraw("standby", across(*(1.0 if t == 2 else 0.0 for t in range(quarters)))),
        *spot("market", *(2.0 for _ in demand), limit=500.0),
        Purchase(
            supplier="acme", purchase="owned", site="home", accelerator="h100", gpus_per_unit=100.0, max_units=5.0,
            capex_usd_per_gpu=9_000.0, deposit_share=0.5, lead_quarters=1, life_quarters=12, residual_share=0.1,
        ),
        ExistingCommitment(supplier="acme", commitment="old", site="home", accelerator="h100"),
        CommitmentSchedule("old", Item.GPUS, across(*(1_500.0 for _ in demand[: quarters // 2 + 1]))),
        CommitmentSchedule("old", Item.INVOICES, across(*(3e6 for _ in demand[: quarters // 2 + 1]))),
    )  # fmt: skip


def plan_of(case: Case) -> Plan:
    """A plan within 1 %, quickly."""
    return solved(case, Request(gap=0.01, threads=1))


def idle() -> Plan:
    """A plan in which nothing is demanded and nothing is signed."""
    case = edit(one_site(0.0, 0.0), Settings, "settings", title="Nothing to do")
    return solved(case)


def written(plan: Plan, folder: Path) -> Path:
    """The page of a plan, on disk."""
    path = folder / "plan.html"
    write_page(plan, audit(plan.case, plan), path)
    return path


class Reader(HTMLParser):
    """Reads a page strictly: every tag must be closed in order. Collects tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]} at {self.getpos()}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.texts.append(data.strip())

    @property
    def text(self) -> str:
        """All text of the page, spaces made plain."""
        return re.sub(r"\s+", " ", " ".join(self.texts))


def read(path: Path) -> Reader:
    """The page as a reader sees it."""
    return Reader(path.read_text(encoding="utf-8"))
