"""The web edge: routes, headers and problem documents; nothing here decides who may know what."""

API_VERSION = "1.0.0"
"""Version of the outside contract (semver); its major stands in the path."""
