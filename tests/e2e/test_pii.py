"""Every kind of personal data, typed into a real form in a real browser: its raw value is nowhere afterwards.

The page does what careless pages do: it sends declared fields, free text, a link and a title that hold what was typed.
Then every file that the whole installation wrote is read, columns of Parquet unpacked, and searched.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest
from playwright.sync_api import Browser, Route, expect

from consent.console import users
from consent.console.roles import ROLES
from tests.consent.console.seeds import publish
from tests.consent.console.visitors import HASH
from tests.e2e.browser import until
from tests.e2e.console import Bureau, Person
from tests.e2e.stack import Installation, Row
from tests.stores import local_store
from warehouse.erase.scan import holds
from warehouse.erase.target import target_of

pytestmark = pytest.mark.browser

# name of the form's field → what the person types
TYPED = {
    "fullName": "Ada Sophie Lovelace",
    "姓名": "欧阳晨曦",
    "homeAddress": "北京市朝阳区建国路88号院3号楼2单元1204室",
    "email": "ada.lovelace@example.com",
    "mobile": "13800138000",
    "id_card": "11010519491231002X",
    "ssn": "219-09-4321",
    "bank_account": "6217000010001234567",
    "iban": "DE89370400440532013000",
    "cardNumber": "4111111111111111",
    "faceTemplate": "QWxhZGRpbjpvcGVuIHNlc2FtZSBBbGFkZGluOm9wZW4gc2VzYW1l",
    "medicalRecord": "MR20260117345",
    "birthday": "1990-05-17",
    "age": "36",
    "plateNumber": "京A12345",
    "passport": "E12345678",
    "password": "correct-horse-4711",
}
NOTE = (
    "收货人：{姓名}，手机{mobile}，邮箱{email}，身份证{id_card}，地址：{homeAddress}，生日：{birthday}，车牌{plateNumber}，"
    "护照{passport}，病历号：{medicalRecord}，账号：{bank_account}。My name is {fullName}, SSN {ssn}, "
    "IBAN {iban}, card {cardNumber}, face template {faceTemplate}, password: {password}"
).format(**TYPED)
CLASSES = {"email", "phone", "id", "ssn", "passport", "name", "address", "health", "biometric", "bank", "card",
           "birthday", "plate", "secret"}  # fmt: skip
FIELDS = "".join(f'<input name="{name}">' for name in TYPED)
PAGE = f"""<!doctype html><title>Form</title><form>{FIELDS}<textarea name="note"></textarea><button>Send</button></form>
<script async src="/sdk.js" data-write-key="KEY"></script>
<script>document.querySelector('form').addEventListener('submit', (event) => {{
  event.preventDefault();
  const typed = Object.fromEntries(new FormData(event.target));
  document.title = 'Thanks, ' + typed.email;
  const query = '?email=' + encodeURIComponent(typed.email) + '&utm_term=' + typed.id_card;
  history.pushState({{}}, '', '/form' + query + '#' + typed.ssn);
  firsthand.identify('u-7', typed);
  firsthand.track('Form Sent', {{ ...typed, nested: [{{ json: JSON.stringify(typed) }}],
    link: 'https://x.example/?to=' + encodeURIComponent(typed.email) }});
  firsthand.track('Note ' + typed.email, {{ note: typed.note }});
}});</script>"""  # fmt: skip


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(local_store(tmp_path_factory.mktemp("pii") / "data"))
    made.source("form")
    made.begin()
    try:
        office = Bureau(made.base, made.store.data)
        publish(office.house, time.time())
        office.console.close()
        yield made
    finally:
        made.end()


def test_what_a_person_types_is_nowhere(chromium: Browser, installation: Installation) -> None:
    def form(route: Route) -> None:
        route.fulfill(body=PAGE.replace("KEY", installation.keys["form"]), content_type="text/html; charset=utf-8")

    officer = watching(chromium, installation)
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/form", form)
    page.goto(f"{installation.base}/form")
    until(page, "window.firsthand && firsthand.consent && firsthand.consent.get().policy.site")
    page.evaluate("firsthand.consent.set({ analytics: true })")
    for name, value in (TYPED | {"note": NOTE}).items():
        page.fill(f'[name="{name}"]', value)
    page.click("button")
    page.evaluate("firsthand.flush()")
    shown = as_the_console_shows_it(officer)
    rows = installation.wait_rows("select * from events", lambda found: len(found) >= 4)
    context.close()

    sent = next(row for row in rows if row["event"] == "Form Sent")
    assert json.loads(sent["properties"])["email"].startswith("p1.k1.")
    assert {key.rsplit(":", 3)[1] for key in json.loads(sent["pii_actions"])} == CLASSES
    with urlopen(f"{installation.base}/metrics") as answer:
        metrics = answer.read().decode()
    assert 'firsthand_pii_total{action="hash",class="email",source="form"}' in metrics

    sought = target_of([], [value for name, value in TYPED.items() if name not in ("age", "birthday")])
    seen = 0
    for path, content in written(installation).items():
        seen += 1
        assert not holds(path.name, content, sought), path
        assert b"1990-05-17" not in content, path
    assert seen > 10
    everything = json.dumps(rows, ensure_ascii=False) + metrics + shown
    assert [value for name, value in TYPED.items() if name != "age" and value in everything] == []
    assert "age" not in json.loads(sent["properties"])


def watching(chromium: Browser, installation: Installation) -> Person:
    """Somebody with every role, who has Live open: it shows what comes from then on."""
    office = Bureau(installation.base, installation.store.data)
    with office.house.store.write() as connection:
        users.create(connection, "everything@shop.example", ROLES, ["*"], 0, HASH)
    person = office.inside(chromium, "everything@shop.example")
    person.open("live")
    person.page.wait_for_selector("#state[data-state=live]")
    return person


def as_the_console_shows_it(person: Person) -> str:
    """All that officers and operators are shown of her: every page, and the rows of Live, opened.

    What an officer types to find somebody is theirs: she is looked for by ids that the form does not hold.
    """
    page, answers = person.page, []
    expect(page.locator("#rows")).to_contain_text("Form Sent")
    page.click("#pause")
    for row in page.locator("#rows tr").all():
        row.click()
        answers.append(page.locator("#drawer").inner_text())
    answers.append(page.content())
    person.open("s/default/requests")
    page.select_option("#kind", "access")
    page.fill("#user_id", "u-7")
    page.fill("#email", TYPED["email"])
    page.fill("#phone", TYPED["mobile"])
    page.get_by_role("button", name="Take in").click()
    page.locator("tbody a").first.click()
    page.wait_for_selector("#request")
    answers.append(page.content())
    person.open("s/default/people")
    page.fill("#user", "u-7")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_load_state()
    answers.append(page.content())
    for path in ("requests", "ledger", "people", "map", "audit", "overview", "policy", "simulator", "pii",
                 "pii?source=form&field=traits.email&class=email"):  # fmt: skip
        assert person.open(f"s/default/{path}") == 200, path
        answers.append(page.content())
    for path in ("health", "sources", "sources/form", "users", "keys"):
        assert person.open(path) == 200, path
        answers.append(page.content())
    assert "p1.k1." in "".join(answers), "the rows that were looked at are hers"
    assert page.request.get(f"{person.bureau.base}/console/s/default/ledger").text().count("/ledger/receipt/") >= 1
    person.close()
    person.bureau.console.close()
    return "\n".join(answers)


def test_a_rotated_key_is_taken_while_it_runs(installation: Installation) -> None:
    installation.run("keys", "rotate")
    said = {"type": "track", "event": "Seen", "anonymousId": "a-rotated", "properties": {"mail": "grace@example.com"},
            "context": {"consent": {"categoryPreferences": {"analytics": True}}}}  # fmt: skip
    body = json.dumps({"batch": [said], "writeKey": installation.keys["form"]}).encode()

    def under_the_new_key(rows: list[Row]) -> bool:
        with urlopen(Request(f"{installation.base}/v1/batch", body, {"content-type": "text/plain"})) as answer:
            assert answer.status == 200
        return any(row["pii_kid"] == "k2" for row in rows)

    rows = installation.wait_rows("select * from events where anonymous_id = 'a-rotated'", under_the_new_key)
    new = next(row for row in rows if row["pii_kid"] == "k2")
    value = json.loads(new["properties"])["mail"]
    assert value.startswith("p1.k2.")
    # What the older key made of her stands beside it, in whichever event came first
    [link] = installation.wait_rows(
        f"select from_id, to_id from identities where kind = 'key' and to_id = '{value}'", 1
    )
    assert link["from_id"].startswith("p1.k1.")


def test_no_process_leaves_a_core(installation: Installation) -> None:
    """Raw values pass through memory, and nobody can wipe it in Python: so no process may leave a copy of it."""
    mine = {"up", str(installation.store.data)}
    [supervisor] = [p for p in psutil.Process().children() if mine <= set(p.cmdline())]
    family = [supervisor, *supervisor.children(recursive=True)]
    ours = [p for p in family if p.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(p.cmdline())]
    assert len(ours) >= 4  # supervisor, server, its worker, loader
    for process in ours:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), process.cmdline()
    ask = "import ctypes, collector.processes as p; p.leave_no_core(); print(ctypes.CDLL(None).prctl(3))"
    assert subprocess.check_output([sys.executable, "-c", ask]) == b"0\n"  # PR_GET_DUMPABLE
    folder = Path(supervisor.cwd())
    before = set(folder.iterdir())
    worker = next(p for p in reversed(ours) if "spawn_main" in " ".join(p.cmdline()) or p.parent() != supervisor)
    worker.send_signal(signal.SIGSEGV)
    assert worker.wait(20) is not None or not worker.is_running()
    assert [path for path in set(folder.iterdir()) - before if path.name.startswith("core")] == []


def written(installation: Installation) -> dict[Path, bytes]:
    """Every file of the installation with its bytes: spool, tables, numbers, logs.

    The loader and the spool rename and remove meanwhile: then all are read again, so that none is missed.
    """
    root = Path(installation.store.config.data_dir).parent
    for _ in range(50):
        with suppress(FileNotFoundError):
            return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    raise AssertionError("the files did not come to rest")
