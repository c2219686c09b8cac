"""The page form of a levering: what an SWV or a gemeente puts on the table."""

from exchange.figures.publish.page.render import as_page, page_csp

__all__ = ["as_page", "page_csp"]
