"""Tests lie where their module does: collector/steps/gate.py is tested by tests/collector/steps/test_gate.py."""

import pytest

from tests.tree.files import ending, paths

# Modules that a test of another name covers, because only what they are part of can be seen to work
ELSEWHERE = {
    # erasing, killed and resumed
    "warehouse/cli/erasing.py": "tests/warehouse/erase/test_killed.py",
    "warehouse/cli/exporting.py": "tests/warehouse/cli/test_tasks.py",
    # the whole worker is called through these
    "collector/app.py": "tests/collector/routes/test_ingest.py",
    "collector/context.py": "tests/collector/test_pipeline.py",
    "collector/edge/answer.py": "tests/collector/routes/test_ingest.py",
    "collector/event.py": "tests/collector/test_decode.py",
    "collector/loose.py": "tests/collector/test_decode.py",
    "collector/state.py": "tests/collector/routes/test_ingest.py",
    "collector/steps/enrich.py": "tests/collector/test_pipeline.py",
    "collector/exposition.py": "tests/collector/routes/test_health.py",
    "collector/metrics.py": "tests/collector/test_balance.py",
    # names and limits, compared with the contract
    "collector/outcome.py": "tests/tree/test_reasons.py",
    "collector/protocol.py": "tests/contract/test_schema.py",
    # nouns and rules of a policy, seen as resolved
    "consent/jurisdictions.py": "tests/consent/test_policy.py",
    "consent/model.py": "tests/consent/test_policy.py",
    # the ledger, written, erased, damaged and verified as a whole
    "consent/ledger/append.py": "tests/consent/ledger/test_verify.py",
    "consent/ledger/chain.py": "tests/consent/ledger/test_verify.py",
    "consent/ledger/checkpoint.py": "tests/consent/ledger/test_verify.py",
    "consent/ledger/erase.py": "tests/consent/ledger/test_verify.py",
    # the tables, on both databases
    "consent/store/migrations/env.py": "tests/consent/store/test_store.py",
    "consent/store/migrations/versions/0001_consent.py": "tests/consent/store/test_store.py",
    "consent/store/migrations/versions/0005_work.py": "tests/consent/store/test_store.py",
    "consent/store/migrations/versions/0006_handoff.py": "tests/consent/store/test_store.py",
    "consent/store/revision.py": "tests/consent/store/test_store.py",
    "consent/store/tables.py": "tests/consent/store/test_store.py",
    "consent/store/upsert.py": "tests/consent/test_record.py",
    "consent/subjects.py": "tests/consent/test_tokens.py",
    # what officers do leaves traces and figures
    "consent/admin/audit.py": "tests/consent/admin/test_policies.py",
    "consent/admin/figures.py": "tests/consent/test_record.py",
    # the admin API, asked as programs ask it, by the list of operations
    "consent/admin/keys.py": "tests/consent/api/operations/test_house.py",
    "consent/api/answers.py": "tests/consent/api/test_app.py",
    "consent/api/call.py": "tests/consent/api/test_app.py",
    "consent/api/limits.py": "tests/consent/api/test_app.py",
    "consent/api/operation.py": "tests/consent/api/test_app.py",
    "consent/api/tables.py": "tests/consent/api/test_tokens.py",
    "consent/api/operations/audit.py": "tests/consent/api/operations/test_ledger.py",
    "consent/api/operations/events.py": "tests/consent/api/operations/test_house.py",
    "consent/api/operations/keys.py": "tests/consent/api/operations/test_house.py",
    "consent/api/operations/overview.py": "tests/consent/api/operations/test_ledger.py",
    "consent/api/operations/people.py": "tests/consent/api/operations/test_ledger.py",
    "consent/api/operations/tokens.py": "tests/consent/api/test_app.py",
    "consent/api/operations/users.py": "tests/consent/api/operations/test_house.py",
    "consent/rights/intake.py": "tests/consent/api/operations/test_house.py",
    "consent/store/migrations/versions/0004_api.py": "tests/consent/store/test_store.py",
    # rules and their parts: what they find is measured over one corpus
    "consent/pii/actions.py": "tests/consent/pii/test_firewall.py",
    "consent/pii/checks.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/identifiers.py": "tests/collector/steps/test_scrub.py",
    "consent/pii/model.py": "tests/consent/pii/test_look.py",
    "consent/pii/spelling.py": "tests/consent/pii/test_look.py",
    "consent/pii/rules/address.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/bank.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/biometric.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/birthday.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/card.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/cn_id.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/device.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/documents.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/email.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/health.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/name.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/network.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/phone.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/plate.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/secret.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/ssn.py": "tests/consent/pii/corpus/test_quality.py",
    "consent/pii/rules/wechat.py": "tests/consent/pii/corpus/test_quality.py",
    "collector/routes/small.py": "tests/collector/routes/test_identity.py",
    "consent/mistake_texts.py": "tests/consent/test_mistakes.py",
    # asked over HTTP, and decided, in a whole worker
    "consent/iso27560.py": "tests/collector/routes/test_consent.py",
    "consent/link.py": "tests/collector/routes/test_consent.py",
    "consent/openapi.py": "tests/collector/test_openapi.py",
    "consent/registry.py": "tests/collector/steps/test_gate_policy.py",
    "consent/routes/answers.py": "tests/collector/routes/test_consent.py",
    "consent/routes/door.py": "tests/collector/routes/test_consent.py",
    "consent/routes/link.py": "tests/collector/routes/test_consent.py",
    "consent/routes/policy.py": "tests/collector/routes/test_consent.py",
    "consent/routes/receipts.py": "tests/collector/routes/test_consent.py",
    "consent/routes/state.py": "tests/collector/routes/test_consent.py",
    "consent/snapshots.py": "tests/collector/routes/test_consent.py",
    "consent/tally.py": "tests/collector/steps/test_gate_policy.py",
    # a request of a person, from the command line to the certificate
    "collector/keys.py": "tests/warehouse/cli/test_dsr.py",
    "consent/rights/certificate.py": "tests/warehouse/cli/test_dsr.py",
    "consent/rights/deadlines.py": "tests/consent/rights/test_requests.py",
    "consent/rights/forms.py": "tests/consent/rights/test_requests.py",
    "consent/rights/tables.py": "tests/consent/rights/test_requests.py",
    "consent/store/migrations/versions/0003_rights.py": "tests/consent/store/test_store.py",
    "warehouse/cli/keys.py": "tests/warehouse/cli/test_dsr.py",
    "warehouse/cli/work.py": "tests/warehouse/cli/test_dsr.py",
    "warehouse/erase/job.py": "tests/warehouse/erase/test_erase.py",
    "warehouse/erase/remove.py": "tests/warehouse/erase/test_erase.py",
    "warehouse/erase/rewrite.py": "tests/warehouse/erase/test_erase.py",
    "warehouse/erase/run.py": "tests/warehouse/erase/test_erase.py",
    "warehouse/erase/scan.py": "tests/warehouse/erase/test_erase.py",
    "warehouse/erase/target.py": "tests/warehouse/erase/test_erase.py",
    "warehouse/people.py": "tests/warehouse/cli/test_dsr.py",
    "warehouse/suppress.py": "tests/warehouse/erase/test_erase.py",
    # parts of an enrichment
    "collector/enrich/inapp.py": "tests/collector/enrich/test_ua.py",
    "collector/enrich/model.py": "tests/collector/enrich/test_enrichments.py",
    "collector/enrich/sites.py": "tests/collector/enrich/test_referrer.py",
    # the live view and the shop, in one place with what they show
    "collector/extras.py": "tests/collector/live/test_shop.py",
    "collector/live/sse.py": "tests/collector/live/test_routes.py",
    "collector/routes/demo.py": "tests/collector/live/test_demo.py",
    "collector/routes/live.py": "tests/collector/live/test_routes.py",
    # the console, visited as people visit it
    "collector/console/desk.py": "tests/collector/console/test_build.py",
    "consent/store/migrations/versions/0002_console.py": "tests/consent/store/test_store.py",
    "consent/console/config.py": "tests/consent/console/test_sessions.py",
    "consent/console/headers.py": "tests/consent/console/test_app.py",
    "consent/console/house.py": "tests/consent/console/test_app.py",
    "consent/console/page.py": "tests/consent/console/test_app.py",
    "consent/console/tables.py": "tests/consent/console/test_sessions.py",
    "consent/console/visit.py": "tests/consent/console/test_door.py",
    # can only be seen in real processes
    "collector/processes.py": "tests/integration/test_faults_supervisor.py",
    "collector/serve.py": "tests/integration/test_faults_stop.py",
    "warehouse/cli/serve.py": "tests/integration/test_faults_stop.py",
    "warehouse/cli/ports.py": "tests/integration/test_faults_supervisor.py",
    "warehouse/cli/up.py": "tests/integration/test_faults_supervisor.py",
    # the spool is written, killed, torn and read back
    "collector/spool/counter.py": "tests/collector/spool/test_writer.py",
    "collector/spool/disk.py": "tests/collector/spool/test_writer.py",
    "collector/spool/segment.py": "tests/collector/spool/test_writer.py",
    # commands, run as people run them
    "warehouse/cli/checks.py": "tests/warehouse/cli/test_commands.py",
    "warehouse/cli/admin.py": "tests/integration/test_admin_api.py",
    "warehouse/cli/common.py": "tests/warehouse/cli/test_commands.py",
    "consent/ledger/files.py": "tests/consent/admin/test_ledger.py",
    "consent/ledger/export.py": "tests/warehouse/cli/test_consent.py",
    "warehouse/cli/config.py": "tests/warehouse/cli/test_commands.py",
    "warehouse/cli/doctor.py": "tests/warehouse/cli/test_commands.py",
    "warehouse/cli/load.py": "tests/warehouse/cli/test_commands.py",
    "warehouse/cli/maintain.py": "tests/warehouse/cli/test_commands.py",
    "warehouse/cli/query.py": "tests/warehouse/cli/test_commands.py",
    "warehouse/cli/shell.py": "tests/warehouse/cli/test_commands.py",
    # one loader, one upkeep: tested as wholes on three stores
    "warehouse/bucket.py": "tests/warehouse/cli/test_commands.py",
    "warehouse/intake.py": "tests/warehouse/test_loader.py",
    "warehouse/swap.py": "tests/warehouse/maintain/test_maintain.py",
    "warehouse/mirror.py": "tests/warehouse/test_consented.py",
    "warehouse/maintain/retain.py": "tests/warehouse/test_consented.py",
    "warehouse/maintain/compact.py": "tests/warehouse/maintain/test_maintain.py",
    "warehouse/maintain/expire.py": "tests/warehouse/maintain/test_maintain.py",
    "warehouse/maintain/purge.py": "tests/warehouse/maintain/test_maintain.py",
    "warehouse/sinks/part.py": "tests/warehouse/sinks/test_iceberg.py",
}

SOURCES = [
    path
    for path in ending(".py", under=("collector/", "consent/", "warehouse/"))
    if not path.endswith(("__init__.py", "__main__.py"))
]


def mirrored(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"tests/{folder}/test_{name}"


@pytest.mark.parametrize("path", SOURCES)
def test_each_module_has_its_tests(path: str) -> None:
    where = ELSEWHERE.get(path, mirrored(path))
    assert where in paths(), (
        f"{path} is tested nowhere: write {mirrored(path)}, or say in ELSEWHERE which test shows it"
    )


def test_exceptions_are_still_needed() -> None:
    assert [path for path in ELSEWHERE if path not in SOURCES] == []
    assert [path for path in ELSEWHERE if mirrored(path) in paths()] == []


def test_each_folder_of_tests_mirrors_one_of_sources() -> None:
    """A package that was renamed takes its tests along."""
    folders = {path.rpartition("/")[0] for path in ending(".py", under=("collector/", "consent/", "warehouse/"))}
    tests = ending(".py", under=("tests/collector/", "tests/consent/", "tests/warehouse/"))
    there = {path.rpartition("/")[0].removeprefix("tests/") for path in tests}
    assert there - {"consent/pii/corpus"} <= folders  # the labelled corpus of the PII rules is a program of its own
