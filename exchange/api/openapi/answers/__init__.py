"""Describes every answer of the API as data for OpenAPI; at run time nothing is made of it."""
