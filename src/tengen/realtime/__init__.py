"""Live connections: topics that messages are published on, clients that are connected, commands that they send.

Knows no feature: a feature's `sockets` registers its commands with `Commands` and publishes on the `Hub`, whatever the
transport that a client speaks.
"""
