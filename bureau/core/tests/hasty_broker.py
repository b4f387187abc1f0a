"""Named to a worker of a test: messages that were taken and not done come back after 5 seconds."""

from bureau.celery import app

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": 5,
}
