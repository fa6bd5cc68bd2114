"""The simulator says what the gates do, because it asks them."""

from consent.admin.simulate import simulate
from consent.model import EventRule, FieldRule
from consent.presets import preset

MAP = (EventRule("Order *", "necessary", (FieldRule("properties.coupon", "marketing"),)),)


def test_three_gates_in_a_row() -> None:
    def found(event: str = "x", **more: object) -> tuple[str, str, str, tuple[str, ...]]:
        said = simulate(preset(), MAP, event=event, **more)  # type: ignore[arg-type]
        return (said.standing, said.client, f"{said.collector.kind} {said.collector.reason}".strip(), said.views)

    assert found(region="DE") == ("pending", "hold", "reject no_consent", ())
    assert found(region="DE", choices={"analytics": True}) == ("granted", "allow", "accept", ("analytics",))
    assert found(region="DE", choices={"analytics": False}) == ("denied", "deny", "reject no_consent", ())
    assert found(region="FR") == ("granted", "allow", "accept", ("analytics",))
    assert found(region="US-CA", purpose="marketing", gpc=True) == ("denied", "deny", "reject no_consent", ())
    assert found("Order 1", region="CN") == ("granted", "allow", "strip", ("necessary",))
    assert found("Order 1", suppressed=True)[2] == "reject suppressed"
    assert found(purpose="sale") == ("denied", "deny", "reject no_consent", ())
    assert simulate(preset(), MAP, event="Order 1").collector.strip == ("properties.coupon",)
