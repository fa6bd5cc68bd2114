"""Called by Alembic: runs the migrations over the connection that revision.py hands in, in one transaction."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
