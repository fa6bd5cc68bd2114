"""From the spool to Iceberg tables, and reading them. See docs/warehouse.md."""
