"""What the platform counts about itself, served at `/metrics` in Prometheus' text format."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("tengen_http_requests_total", "Answered HTTP requests.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "tengen_http_request_seconds",
    "Time from the request's arrival to the end of its answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
LOGIN_FAILURES = Counter("tengen_login_failures_total", "Refused credentials.")
HASH_RUNS = Counter("tengen_password_hash_runs_total", "Runs of the password hash.")
OUTBOX_WAITING = Gauge("tengen_outbox_waiting", "Outbox rows to be delivered.", multiprocess_mode="mostrecent")
OUTBOX_DEAD = Gauge(
    "tengen_outbox_dead", "Outbox rows given up after too many failures.", multiprocess_mode="mostrecent"
)
FEED_FOLLOWERS = Gauge(
    "tengen_feed_followers", "Open feeds of tournaments, of all workers.", multiprocess_mode="livesum"
)
SOCKETS = Gauge("tengen_sockets", "Connected clients of the realtime transports.", multiprocess_mode="livesum")
SOCKET_COMMANDS = Counter("tengen_socket_commands_total", "Commands of connected clients.", ["command"])
SOCKETS_CUT = Counter(
    "tengen_sockets_cut_total", "Clients that were let go because they did not keep to the bounds.", ["why"]
)
