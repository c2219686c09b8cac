"""The web edge: routes, headers and problem documents; nothing here decides who may know what."""
