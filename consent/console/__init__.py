"""The console: pages for privacy officers and operators, rendered on the server, on the lowest floor of the house.

What lies here
    config     what the console must be told: where its store is, its public address, an OpenID provider
    roles      one table, permission × role
    tables     its own tables: users, sessions, links, attempts
    passwords  Argon2id, and what a password must be
    users      people who may enter, and their changes
    sessions   who is in, for how long, and the cookie that says so
    throttle   how often a password may be guessed
    first_run  the one link that makes the first user
    oidc       signing in at somebody else's door
    audit      every change, on a chain
    page       what a page is: a name, a permission, and endpoints
    visit      one request of one person: what an endpoint gets
    app        from pages to routes: who may, checked in one place
    render     Jinja2, the shell, forms
    i18n       English and Chinese, one catalogue each
    headers    what every answer carries, the content security policy first
    vendor     htmx and uPlot, copied from their packages
    pages/     this package's pages; `collector/console/pages/` adds the operators'

How a request goes
    Each endpoint is a plain function `(visit) -> Response` that runs in a thread of the console's own. The event loop,
    which belongs to ingestion, only reads a bounded body and hands it over. Sessions, users and attempts lie in the
    store, so that it does not matter which worker process answers.

What holds everywhere, because one place does it (app.py)
    no session: the login page. Not allowed: refused before the endpoint runs, and so is a site that the person was not
    given. A change without the session's own token, or from another origin: refused. Markup escapes everything; no
    script or style stands in a page, so the policy that forbids both can be strict.

Without JavaScript every page still works: forms are forms and links are links. htmx only saves reloads.
"""
