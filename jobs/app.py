"""The queue's client: procrastinate on the same PostgreSQL, in a schema of its own."""

from procrastinate import App, PsycopgConnector

from db import queue

app = App(
    connector=PsycopgConnector(conninfo=queue.dsn, min_size=1, max_size=4),
    import_paths=["jobs.tasks"],
    worker_defaults={"concurrency": 3, "shutdown_graceful_timeout": 0.5, "fetch_job_polling_interval": 5.0},
)
