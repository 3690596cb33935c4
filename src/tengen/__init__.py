"""Tengen: one account, one identity and one rating on every game server.

Installed alone it is the client library (`tengen.client`, `tengen.proofs`); `tengen[server]` adds the platform.
"""

__version__ = "0.1.0"
