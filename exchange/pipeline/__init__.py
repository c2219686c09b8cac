"""The way of a message through the gateway: ``flow`` composes the stages, one file each."""
