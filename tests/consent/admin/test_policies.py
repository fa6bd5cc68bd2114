"""From draft to published: by two people, with every step in the audit log and every version kept."""

import pytest
from msgspec.structs import replace

from consent.admin import AdminError, audit, policies
from consent.model import PolicyDocument
from consent.policy import PolicyError
from consent.presets import preset
from consent.store import Store
from consent.store.tables import site as sites
from tests.consent.officer import NOW, admin, publish

DOCUMENT = preset()
CHANGED = replace(DOCUMENT, proof="token")


def revision(store: Store, site: str) -> int:
    with store.read() as connection:
        found: int = connection.execute(sites.select().where(sites.c.id == site)).one().revision
        return found


def test_draft_review_publish(registry: Store, site: str) -> None:
    with registry.write() as connection:
        draft = policies.save_draft(connection, admin("ada"), site, DOCUMENT, "first")
        assert policies.current(connection, site) is None
        policies.submit(connection, admin("ada"), site, draft.id)
        made = policies.publish(connection, admin("grace"), site, draft.id)
        assert (made.number, made.version, made.author, made.approver) == (1, DOCUMENT.version, "ada", "grace")
        assert made.document == DOCUMENT
        assert policies.draft(connection, site, draft.id).state == "published"
        steps = [(e.action, e.actor) for e in audit.search(connection, site)]
    assert steps == [("policy.publish", "grace"), ("policy.submit", "ada"), ("policy.draft", "ada")]
    with registry.read() as connection:
        assert site in policies.sites(connection)


def test_nobody_publishes_what_they_wrote(registry: Store, site: str) -> None:
    with registry.write() as connection:
        draft = policies.save_draft(connection, admin("ada"), site, DOCUMENT)
        policies.save_draft(connection, admin("grace"), site, CHANGED, draft_id=draft.id)
        policies.submit(connection, admin("grace"), site, draft.id)
        for author in ("ada", "grace"):
            with pytest.raises(AdminError, match="four-eyes"):
                policies.publish(connection, admin(author), site, draft.id)
        assert policies.publish(connection, admin("ada", owner=True), site, draft.id).number == 1


def test_steps_in_order_only(registry: Store, site: str) -> None:
    with registry.write() as connection:
        draft = policies.save_draft(connection, admin(), site, DOCUMENT)
        with pytest.raises(AdminError, match="submit"):
            policies.publish(connection, admin("grace"), site, draft.id)
        with pytest.raises(AdminError, match="under review"):
            policies.reject(connection, admin("grace"), site, draft.id, "no")
        policies.submit(connection, admin(), site, draft.id)
        with pytest.raises(AdminError, match="under review"):
            policies.save_draft(connection, admin(), site, CHANGED, draft_id=draft.id)
        assert policies.reject(connection, admin("grace"), site, draft.id, "no").state == "rejected"
        assert policies.save_draft(connection, admin(), site, CHANGED, draft_id=draft.id).state == "draft"
        assert [d.id for d in policies.drafts(connection, site, "draft")] == [draft.id]


def test_a_draft_may_be_unfinished_but_not_submitted(registry: Store, site: str) -> None:
    unfinished = replace(DOCUMENT, notices=())
    with registry.write() as connection:
        draft = policies.save_draft(connection, admin(), site, unfinished)
        with pytest.raises(PolicyError, match="notice"):
            policies.submit(connection, admin(), site, draft.id)


def test_a_draft_of_another_site_is_not_there(registry: Store, site: str) -> None:
    with registry.write() as connection:
        draft = policies.save_draft(connection, admin(), site, DOCUMENT)
        for act in (policies.draft,):
            with pytest.raises(AdminError, match="no such draft"):
                act(connection, "other", draft.id)
        with pytest.raises(AdminError, match="no such draft"):
            policies.submit(connection, admin(), "other", draft.id)


def test_every_version_is_kept_and_can_be_put_back(registry: Store, site: str) -> None:
    publish(registry, site)
    publish(registry, site, CHANGED, NOW + 1)
    before = revision(registry, site)
    with registry.write() as connection:
        with pytest.raises(AdminError, match="four-eyes"):
            policies.roll_back(connection, admin("ada"), site, 1, "ada")
        with pytest.raises(AdminError, match="in force"):
            policies.roll_back(connection, admin("grace"), site, 2, "ada")
        made = policies.roll_back(connection, admin("grace", NOW + 2), site, 1, "ada")
        history = policies.history(connection, site)
        book = policies.book(connection, site)
    assert (made.number, made.version) == (3, DOCUMENT.version)
    assert [(v.number, v.replaced_at is None) for v in history] == [(3, True), (2, False), (1, False)]
    assert book[DOCUMENT.version].replaced_at is None
    assert revision(registry, site) > before, "gates look again"


def without_marketing(document: PolicyDocument) -> PolicyDocument:
    return replace(document, purposes=tuple(p for p in document.purposes if p.id != "marketing"))


def test_a_difference_is_a_list_of_paths() -> None:
    assert policies.diff(DOCUMENT, DOCUMENT) == []
    assert policies.diff(DOCUMENT, CHANGED) == [("proof", '"stamp"', '"token"')]
    paths = [path for path, _, _ in policies.diff(DOCUMENT, without_marketing(DOCUMENT))]
    assert paths
    assert all(path.startswith("purposes[marketing]") for path in paths)


def test_a_change_that_fails_leaves_no_trace(registry: Store, site: str) -> None:
    with pytest.raises(AdminError), registry.write() as connection:
        policies.save_draft(connection, admin(), site, DOCUMENT)
        policies.publish(connection, admin(), site, "no such draft")
    with registry.read() as connection:
        assert policies.drafts(connection, site) == []
        assert audit.search(connection, site) == []
