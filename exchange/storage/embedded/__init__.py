"""A real PostgreSQL in one folder, without an installation: for the sandbox, trials and tests.

One engine from laptop to nation (design section 3): this package runs the server binaries of a pip
package under our own rules, and nothing outside it knows that they come from there.
"""

from exchange.storage.embedded.cluster import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
