"""Notices that something waits: how they are sent, and how a recipient checks them."""
