"""Associations and their members: whose member number an account has."""
