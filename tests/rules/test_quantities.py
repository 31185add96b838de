"""Limits on quantities: weighted sums of what is signed."""

from dataclasses import replace

from optimizer.ledger.decision import Action
from optimizer.rules.quantities import QuantityLimit, QuantityWeight
from tests.builders import add, audited, block, broken, cost, decision, one_site, problems, solved


def limited(*weights: tuple[str, float], **bounds: float):
    """One site with a limit over its offers; offer `c` costs 2 USD per GPU-hour."""
    rows = [QuantityWeight(limit="l", contract=contract, weight=weight) for contract, weight in weights]
    return add(one_site(), block("c", price_usd_per_gpu_hour=2.0), QuantityLimit(limit="l", **bounds), *rows)


def test_at_most_holds_down() -> None:
    """Proves: QUANTITY-1. 6 of 10 GPUs may come from b, 4 from c: 6 x 1,000 + 4 x 2,000 = 14,000 USD.

    A broken rule would give: 10,000 USD, all from b.
    """
    assert cost(limited(("b", 1.0), at_most=6.0)) == 14_000


def test_at_least_pushes_up() -> None:
    """Proves: QUANTITY-2. 15 blocks must be signed although 10 are needed: 15 x 1,000 = 15,000 USD.

    A broken rule would give: 10,000 USD.
    """
    assert cost(limited(("b", 1.0), at_least=15.0)) == 15_000


def test_weights_may_be_negative() -> None:
    """Proves: weights enter with their sign. b <= 1.5 c: 6 of b and 4 of c, 6 x 1,000 + 4 x 2,000 = 14,000 USD.

    A broken rule would give: 10,000 USD (no limit) or 50,000 USD (nothing may be signed).
    """
    assert cost(limited(("b", 1.0), ("c", -1.5), at_most=0.0)) == 14_000


def test_the_check_sees_a_broken_limit() -> None:
    """Proves: the check adds up by itself: 10 signed where 6 are allowed, or 15 asked for, is found."""
    signed = {decision(Action.SIGN, "b"): 10.0}
    assert "QUANTITY-1" in broken(limited(("b", 1.0), at_most=6.0), signed)
    assert "QUANTITY-2" in broken(limited(("b", 1.0), at_least=15.0), signed)
    assert "QUANTITY-1" not in broken(limited(("b", 1.0), at_most=10.0), signed)


def test_the_audit_catches_a_plan_of_another_limit() -> None:
    """Proves: a plan made for a looser limit fails the audit of the tighter one."""
    loose, tight = (limited(("b", 1.0), at_most=most) for most in (10.0, 6.0))
    plan = solved(loose)
    assert "QUANTITY-1" in audited(tight, replace(plan, case=tight))


def test_problems_of_a_limit() -> None:
    """Proves: a limit without a bound, without an offer or with crossed bounds is reported."""
    rows = add(
        one_site(),
        QuantityLimit(limit="blank"),
        QuantityLimit(limit="crossed", at_least=2.0, at_most=1.0),
        QuantityWeight(limit="crossed", contract="b"),
    )
    assert problems(rows) >= {("blank", "at_most"), ("blank", "limit"), ("crossed", "at_least")}
