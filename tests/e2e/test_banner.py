"""The consent banner in a real browser: keyboard, focus, assistive technology, looks, strict pages, and the wire."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.contract.schemas import validator
from tests.e2e.asking import arrive, asking, at, choice, policy, someone
from tests.e2e.browser import delivered, until
from tests.e2e.front import Front

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    served = asking()
    yield served
    served.close()


def focused(opened: Page) -> str:
    """What has the focus, through shadow roots: an act, a purpose, or an id."""
    return str(
        opened.evaluate("""() => {
      let at = document.activeElement;
      while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
      return at.dataset.act || at.dataset.purpose || at.id || at.localName;
    }""")
    )


def press(opened: Page, *keys: str) -> list[str]:
    """Where the focus is after each key."""
    went = []
    for key in keys:
        opened.keyboard.press(key)
        went.append(focused(opened))
    return went


# ---- keyboard and focus ------------------------------------------------------------------------------------------


def test_by_keyboard_the_question_comes_first_and_takes_nothing(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/one") as opened:
        assert focused(opened) == "body"  # it did not pull the focus to itself
        assert press(opened, "Tab", "Tab", "Tab", "Tab") == ["reject", "accept", "open", "own"]
        opened.click("#own")  # the page behind it works
        opened.mouse.wheel(0, 300)
        until(opened, "scrollY > 0")
        assert choice(opened) is None


def test_by_keyboard_a_yes_and_its_withdrawal(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/one") as opened:
        press(opened, "Tab", "Tab", "Enter")
        assert choice(opened) == {"analytics": True}
        assert focused(opened) == "open"  # on the handle, which has taken the question's place
        assert press(opened, "Tab", "Enter")[0] == "withdraw"
        assert choice(opened)["analytics"] is False
        assert opened.locator("[data-act=withdraw]").count() == 0


def test_the_preference_centre_keeps_the_focus_and_gives_it_back(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/en") as opened:
        opened.focus("[data-act=open]")
        assert press(opened, "Enter") == ["close"]
        assert press(opened, "Shift+Tab", "Tab") == ["save", "close"]  # round the corner, both ways
        switches = ["analytics", "personalization", "marketing", "third_party", "cross_border"]
        round_trip = press(opened, *["Tab"] * 10)
        assert round_trip == ["notice", *switches, "reject", "accept", "save", "close"]
        opened.click("#own", force=True, timeout=2_000)  # behind a modal: nothing happens
        assert focused(opened) != "own"
        assert press(opened, "Escape") == ["reject"]  # the question is back, and so is the focus
        assert choice(opened) is None


def test_switches_by_the_space_bar(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/one") as opened:
        opened.click("[data-act=open]")
        opened.focus("[data-purpose=analytics]")
        press(opened, "Space")
        opened.click("[data-act=save]")
        assert choice(opened) == {"analytics": True}
        opened.click("[data-act=open]")
        press(opened, "Escape")
        assert focused(opened) == "open"  # the handle it was opened from


def test_in_a_shadow_root_of_the_page(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/shadow") as opened:
        assert opened.locator("firsthand-banner").count() == 1
        assert press(opened, "Tab", "Tab", "Tab") == ["input", "reject", "accept"]
        press(opened, "Tab", "Enter")
        assert press(opened, "Shift+Tab", "Tab") == ["save", "close"]
        press(opened, "Escape")
        opened.click("[data-act=accept]")
        assert choice(opened) == {"analytics": True}


# ---- assistive technology -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "scheme"), [("/en", "light"), ("/en", "dark"), ("/zh", "dark"), ("/ar", "light")])
def test_axe_finds_nothing(chromium: Browser, front: Front, path: str, scheme: Any) -> None:
    with at(chromium, front, path, color_scheme=scheme, reduced_motion="reduce") as opened:
        opened.evaluate(AXE)
        for step in ("[data-act=open]", "[data-act=accept]", None):
            found = opened.evaluate("axe.run('firsthand-banner', { resultTypes: ['violations'] })")
            wrong = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
            assert wrong == [], step
            assert found["testEngine"]["name"] == "axe-core"
            if step:
                opened.click(step)


def test_what_a_screen_reader_is_told(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/en") as opened:
        told = opened.locator("firsthand-banner").aria_snapshot()
        assert 'dialog "Your privacy, your choice"' in told
        assert 'heading "Your privacy, your choice" [level=2]' in told
        assert told.index("Reject all") < told.index("Accept all")
        assert opened.inner_text("[role=status]") == "Your privacy, your choice"
        opened.click("[data-act=open]")
        told = opened.locator("firsthand-banner").aria_snapshot()
        assert 'dialog "Privacy choices"' in told
        assert 'switch "Necessary" [checked] [disabled]' in told
        assert 'switch "Statistics"' in told
        opened.click("[data-act=reject]")
        assert opened.inner_text("[role=status]") == "Your choice is saved."
        assert 'group "Privacy choices"' in opened.locator("firsthand-banner").aria_snapshot()


# ---- looks --------------------------------------------------------------------------------------------------------

LOOK = """name => {
  const root = document.querySelector('firsthand-banner').shadowRoot;
  const at = root.querySelector(`[data-act=${name}]`);
  const style = getComputedStyle(at);
  const { width, height, top } = at.getBoundingClientRect();
  const looks = ['color', 'backgroundColor', 'borderColor', 'fontSize', 'fontWeight', 'opacity', 'textDecoration'];
  return [Math.round(width), Math.round(height), Math.round(top), ...looks.map((one) => style[one])];
}"""


LONG = "Einwilligungsverwaltungseinstellungen"
# The height of the lowest button (WCAG 2.2, 2.5.5 target size)
LOWEST = """() => Math.min(...Array.from(
  document.querySelector("firsthand-banner").shadowRoot.querySelectorAll("button"),
  (button) => button.getBoundingClientRect().height))"""


# Buttons that leave their layer to the side
OUTSIDE = """layer => {
  const { left, right } = layer.getBoundingClientRect();
  return [...layer.querySelectorAll('button')].filter((button) => {
    const at = button.getBoundingClientRect();
    return at.left < left || at.right > right;
  }).map((button) => button.textContent);
}"""


@pytest.mark.parametrize(
    ("path", "width", "height"),
    [
        ("/en", 320, 480), ("/zh", 320, 480), ("/ar", 320, 480), ("/ar", 600, 480), ("/en", 1280, 480),
        ("/long", 320, 480),  # a policy in a language of long words
        ("/long", 320, 256),  # 1280 by 1024 at 400 % (WCAG 2.2, 1.4.10 reflow)
    ],
)  # fmt: skip
def test_a_no_looks_like_a_yes_and_all_of_it_fits(
    chromium: Browser, front: Front, path: str, width: int, height: int
) -> None:
    front.policies["long"] = policy("f")
    front.policies["long"]["notice"] |= {"title": LONG, "labels": dict.fromkeys(policy("f")["notice"]["labels"], LONG)}
    with at(chromium, front, path, viewport={"width": width, "height": height}, reduced_motion="reduce") as opened:
        for layer in (".bar", ".centre"):
            assert opened.evaluate(LOOK, "reject") == opened.evaluate(LOOK, "accept")
            box = opened.locator(layer).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height
            assert opened.locator(layer).evaluate(OUTSIDE) == []
            sideways = "layer => layer.scrollWidth > layer.clientWidth"
            assert not opened.locator(layer).evaluate(sideways)
            assert opened.evaluate(LOWEST) >= 44
            opened.click("[data-act=open]" if layer == ".bar" else "input:enabled >> nth=-1")  # can be got at
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        opened.click("[data-act=accept]")
        opened.wait_for_selector("[data-act=withdraw]")
        assert opened.evaluate(LOWEST) >= 44  # the handle's too


def style(opened: Page, name: str) -> str:
    """A computed style of the question."""
    return str(opened.locator(".bar").evaluate("(bar, name) => getComputedStyle(bar)[name]", name))


def place(opened: Page, selector: str) -> float:
    box = opened.locator(selector).bounding_box()
    assert box is not None
    return box["x"]


def test_from_right_to_left(chromium: Browser, front: Front) -> None:
    words = {"title": "خصوصيتك، خيارك", "acceptAll": "قبول الكل", "rejectAll": "رفض الكل", "preferences": "خيارات"}
    with someone(chromium, viewport={"width": 1000, "height": 700}) as context:
        context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
        opened = context.new_page()
        arrive(opened, front, "/ar")
        opened.evaluate(
            """words => {
              const banner = document.querySelector('firsthand-banner');
              banner.texts = words;
              banner.remove();
              document.body.prepend(banner);
            }""",
            words,
        )
        opened.wait_for_selector(".bar >> text=قبول الكل")
        assert place(opened, "[data-act=reject]") > place(opened, "[data-act=accept]")
        opened.click("[data-act=open]")
        assert place(opened, "[data-act=close]") < place(opened, "h2")
        assert place(opened, "[data-purpose=analytics]") < place(opened, ".row >> nth=1") + 60
        opened.click("[data-act=accept]")
        # its words on the signal are English here, and it stands where the others' direction puts it
        assert place(opened, ".handle") > 500
        assert place(opened, "[data-act=withdraw]") < place(opened, ".handle [data-act=open]")


def test_dark_by_the_system_and_by_the_page(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/one", color_scheme="dark") as opened:
        assert style(opened, "backgroundColor") == "rgb(27, 33, 39)"
        opened.evaluate("document.querySelector('firsthand-banner').setAttribute('theme', 'light')")
        assert style(opened, "backgroundColor") == "rgb(255, 255, 255)"
        opened.evaluate("document.documentElement.style.setProperty('--firsthand-surface', 'rgb(1, 2, 3)')")
        assert style(opened, "backgroundColor") == "rgb(1, 2, 3)"


def test_nothing_moves_for_who_wants_no_motion(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/one", reduced_motion="reduce") as opened:
        assert style(opened, "animationName") == "none"
    with at(chromium, front, "/one", reduced_motion="no-preference") as opened:
        assert style(opened, "animationName") == "up"


# ---- strict pages, no network, the wire -----------------------------------------------------------------------------


def test_a_strict_policy_and_trusted_types_have_nothing_to_say(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/strict") as opened:
        assert style(opened, "position") == "fixed"
        opened.click("[data-act=open]")
        opened.click("[data-purpose=analytics]")
        opened.click("[data-act=save]")
        assert choice(opened) == {"analytics": True}
        opened.click("[data-act=withdraw]")
        assert choice(opened)["analytics"] is False


def test_without_a_network_a_choice_can_be_made_and_taken_back(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/one") as opened:
        asked: list[str] = []
        opened.context.set_offline(True)
        opened.on("request", lambda request: asked.append(request.url))
        for act in ("open", "close", "reject", "open", "accept", "withdraw"):
            opened.click(f"[data-act={act}]")
        assert choice(opened)["analytics"] is False
        assert asked == []


def test_on_the_wire(chromium: Browser, front: Front) -> None:
    with at(chromium, front, "/wire") as opened:
        opened.click("[data-act=open]")
        opened.click("[data-act=close]")
        opened.wait_for_timeout(300)
        assert front.of("wire") == []
        opened.click("[data-act=accept]")
        opened.click("#own")
        delivered(opened)
        opened.click("[data-act=open]")
        opened.click("[data-act=close]")
        opened.click("#own")
        opened.click("[data-act=withdraw]")  # the click before it waits for company and is never sent
        opened.click("#own")
        opened.wait_for_timeout(300)
        opened.evaluate("firsthand.flush()")
    events = [one.get("event") or one["type"] for one in front.of("wire")]
    assert [one for one in events if one != "$consent"] == ["page", "$click"]  # none of the banner's own buttons


def choices(opened: Page, front: Front, key: str, count: int) -> list[dict[str, Any]]:
    """What was chosen under this write key, once there are so many: a choice is on its way for a while."""
    for _ in range(600):
        found = [one for one in front.choices if one["writeKey"] == key]
        if len(found) >= count:
            break
        opened.wait_for_timeout(100)
    for one in found:
        validator("consent_choice").validate(one)
    return found


def test_a_policy_of_the_collector_and_a_receipt_of_the_choice(chromium: Browser, front: Front) -> None:
    front.policies["de"] = policy("c")
    validator("policy").validate(front.policies["de"])
    with someone(chromium) as context:
        opened = context.new_page()
        arrive(opened, front, "/de")
        assert opened.inner_text(".bar h2") == "Dürfen wir zählen?"
        assert "Übermittlung ins Ausland" in opened.inner_text(".bar")
        opened.click("text=Alle annehmen")
        opened.wait_for_selector("text=Widerrufen")
        assert choice(opened) == {"analytics": True}
        opened.evaluate("firsthand.flush()")
        opened.reload()
        opened.wait_for_selector(".handle")
        front.policies["de"] = policy("d")  # a new notice: asked again, and the old yes holds meanwhile
        opened.reload()
        opened.wait_for_selector(".bar")
        assert opened.evaluate("firsthand.consent.get().decisions.analytics") == "allow"
        opened.click("text=Alle ablehnen")
        until(opened, "firsthand.consent.get().decisions.abroad === 'deny'")
        chosen = choices(opened, front, "de", 2)
    told = [(c["action"], c["method"], c["locale"], c["noticeHash"][4]) for c in chosen]
    assert told == [("accept_all", "banner", "de", "c"), ("withdraw", "banner", "de", "d")]


def test_a_receipt_names_no_notice_that_was_not_on_the_screen(chromium: Browser, front: Front) -> None:
    front.policies["late"] = policy("e")
    held: list[Route] = []
    with someone(chromium) as context:
        context.route("**/settings*", lambda route: held.append(route))
        opened = context.new_page()
        arrive(opened, front, "/late")
        opened.click("text=Accept all")
        opened.wait_for_selector(".handle")
        held[0].continue_()
        until(opened, "firsthand.consent.get().policy.purposes")
        [chosen] = choices(opened, front, "late", 1)
    told = {name: chosen.get(name) for name in ("action", "choices", "words", "noticeHash", "locale")}
    assert told == {
        "action": "accept_all", "choices": {"analytics": True}, "words": "banner/0.1.0", "noticeHash": None,
        "locale": "en",
    }  # fmt: skip


def test_the_next_page_and_the_other_tab(chromium: Browser, front: Front) -> None:
    with someone(chromium) as context:
        first, second = context.new_page(), context.new_page()
        arrive(first, front, "/one")
        arrive(second, front, "/one")
        first.click("[data-act=accept]")
        second.wait_for_selector(".handle")
        first.reload()
        first.wait_for_selector(".handle")
        assert first.locator(".bar").count() == 0
        first.click("[data-act=withdraw]")
        until(second, "!document.querySelector('firsthand-banner').shadowRoot.querySelector('[data-act=withdraw]')")


def test_the_signal_is_seen_and_said(chromium: Browser, front: Front) -> None:
    with someone(chromium) as context:
        context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
        opened = context.new_page()
        arrive(opened, front, "/en")
        assert "Opt-out signal honoured" in opened.inner_text(".bar [data-honoured]")
        opened.click("[data-act=open]")
        assert opened.is_disabled("[data-purpose=marketing]")
        opened.click("[data-act=accept]")
        assert choice(opened) == {"analytics": True, "personalization": True}
        assert opened.evaluate("firsthand.consent.get().decisions.marketing") == "deny"
        assert "Opt-out signal honoured" in opened.inner_text(".handle")
